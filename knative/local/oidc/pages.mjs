// Pages of the provider in Spanish and English: plain HTML, nothing from elsewhere, usable by keyboard and screen reader.
const TEXTS = {
  es: {
    title: "Acervo", signIn: "Iniciar sesión", user: "Usuario", password: "Contraseña", go: "Entrar",
    wrong: "El usuario o la contraseña no son correctos.", wait: "Demasiados intentos. Espere cinco minutos.",
    forClient: (name) => `para continuar en ${name}`, consent: "Autorizar el acceso",
    consentText: (name) => `${name} quiere actuar en Acervo con su nombre.`, allow: "Permitir", deny: "Denegar",
    device: "Conectar un dispositivo", deviceText: "Escriba el código que muestra el dispositivo.",
    badCode: "Ese código no es correcto o ha caducado.", confirm: "Confirmar el dispositivo",
    confirmText: "¿Muestra el dispositivo este código?", next: "Continuar", done: "Listo", doneText: "Puede cerrar esta página.",
    out: "Cerrar la sesión", outText: "¿Quiere cerrar la sesión?", yes: "Sí, cerrar", no: "No", failed: "No se pudo continuar",
  },
  en: {
    title: "Acervo", signIn: "Sign in", user: "User name", password: "Password", go: "Sign in",
    wrong: "The user name or the password is wrong.", wait: "Too many attempts. Wait five minutes.",
    forClient: (name) => `to continue to ${name}`, consent: "Allow access",
    consentText: (name) => `${name} wants to act in Acervo in your name.`, allow: "Allow", deny: "Deny",
    device: "Connect a device", deviceText: "Type the code that the device shows.",
    badCode: "That code is wrong or has expired.", confirm: "Confirm the device",
    confirmText: "Does the device show this code?", next: "Continue", done: "Done", doneText: "You can close this page.",
    out: "Sign out", outText: "Do you want to sign out?", yes: "Yes, sign out", no: "No", failed: "This did not work",
  },
};

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{min-height:100vh;margin:0;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{width:min(22rem,calc(100vw - 3rem));padding:2rem 0}h1{font-size:1.4rem;margin:0 0 .25rem}p{margin:.25rem 0 1.25rem}
label{display:block;margin:1rem 0 .25rem}input:not([type=hidden]){box-sizing:border-box;width:100%;font:inherit;padding:.6rem;border:1px solid GrayText;border-radius:.4rem}
button{font:inherit;font-weight:600;width:100%;margin-top:1.25rem;padding:.65rem;border:0;border-radius:.4rem;background:#0b57d0;color:#fff;cursor:pointer}
button.quiet{background:none;color:inherit;border:1px solid GrayText;margin-top:.6rem}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}[role=alert]{padding:.6rem .8rem;border-left:4px solid #b3261e;background:#b3261e1a}
code{font:600 1.6rem ui-monospace,monospace;letter-spacing:.1em}`;

export const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export const escape = (text) =>
  String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

// the caller's first language that we have
export function language(header = "", asked = "") {
  const wanted = [...asked.split(" "), ...header.split(",").map((part) => part.split(";")[0])];
  return wanted.map((tag) => tag.trim().slice(0, 2).toLowerCase()).find((tag) => tag in TEXTS) ?? "es";
}

function page(lang, heading, body) {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(heading)} · ${TEXTS[lang].title}</title><style>${STYLE}</style></head><body><main><h1>${escape(heading)}</h1>${body}</main></body></html>`;
}

const alert = (text) => `<p role="alert">${escape(text)}</p>`;

export function login(lang, { action, client, username = "", fault }) {
  const t = TEXTS[lang];
  return page(lang, t.signIn, `<p>${escape(t.forClient(client))}</p>${fault ? alert(t[fault]) : ""}
<form method="post" action="${escape(action)}">
<label for="username">${t.user}</label><input id="username" name="username" value="${escape(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${username ? "" : " autofocus"}>
<label for="password">${t.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required${username ? " autofocus" : ""}>
<button type="submit">${t.go}</button></form>`);
}

export function consent(lang, { action, client }) {
  const t = TEXTS[lang];
  return page(lang, t.consent, `<p>${escape(t.consentText(client))}</p><form method="post" action="${escape(action)}">
<button name="answer" value="allow" autofocus>${t.allow}</button><button class="quiet" name="answer" value="deny">${t.deny}</button></form>`);
}

// `form` is the provider's own, with its protection against forged requests
export function deviceCode(lang, { form, fault }) {
  const t = TEXTS[lang];
  const labelled = form.replace('name="user_code"', `name="user_code" aria-label="${t.deviceText}"`).replace(/ onfocus="[^"]*"/, "").replace(/ placeholder="[^"]*"/, "");
  return page(lang, t.device, `<p>${t.deviceText}</p>${fault ? alert(t.badCode) : ""}${labelled}
<button type="submit" form="op.deviceInputForm">${t.next}</button>`);
}

export function deviceConfirm(lang, { form, client, code }) {
  const t = TEXTS[lang];
  return page(lang, t.confirm, `<p>${escape(t.consentText(client))}</p><p>${t.confirmText}</p><p><code>${escape(code)}</code></p>${form}
<button autofocus type="submit" form="op.deviceConfirmForm">${t.next}</button>
<button class="quiet" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">${t.deny}</button>`);
}

export const done = (lang) => page(lang, TEXTS[lang].done, `<p>${TEXTS[lang].doneText}</p>`);

export function logout(lang, { form }) {
  const t = TEXTS[lang];
  return page(lang, t.out, `<p>${t.outText}</p>${form}<button autofocus type="submit" form="op.logoutForm" name="logout" value="yes">${t.yes}</button>
<button class="quiet" type="submit" form="op.logoutForm">${t.no}</button>`);
}

export const failure = (lang, { code, detail }) => page(lang, TEXTS[lang].failed, `${alert(detail ?? "")}<p>${escape(code)}</p>`);
