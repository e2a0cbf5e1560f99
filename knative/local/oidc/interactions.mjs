// Sign-in and consent: the two pages that a person meets between `authorize` and the way back.
import * as pages from "./pages.mjs";

const MAX_BYTES = 8192;

async function readForm(request) {
  let body = "";
  for await (const part of request) {
    body += part;
    if (body.length > MAX_BYTES) throw Object.assign(new Error("the form is too large"), { status: 413 });
  }
  return new URLSearchParams(body);
}

function send(response, status, html) {
  response.writeHead(status, pages.HEADERS);
  response.end(html);
}

export function interactionRoutes(settings, provider, users) {
  const pattern = /^\/interaction\/[\w-]{1,64}$/;

  return async function handle(request, response) {
    const path = request.url.split("?", 1)[0];
    if (!pattern.test(path)) return false;
    const fallback = pages.language(request.headers["accept-language"]);
    try {
      const details = await provider.interactionDetails(request, response);
      const client = await provider.Client.find(details.params.client_id);
      const lang = pages.language(request.headers["accept-language"], details.params.ui_locales);
      const shown = { action: `${settings.prefix}${path}`, client: client?.clientName ?? details.params.client_id };
      if (request.method === "POST") await answer(request, response, details, shown, lang);
      else send(response, 200, details.prompt.name === "login" ? pages.login(lang, shown) : pages.consent(lang, shown));
    } catch (fault) {
      const status = fault.status ?? fault.statusCode ?? 500;
      if (status >= 500) console.error(fault);
      send(response, status, pages.failure(fallback, { code: fault.error ?? "error", detail: status < 500 ? fault.error_description ?? fault.message : "" }));
    }
    return true;
  };

  async function answer(request, response, details, shown, lang) {
    const form = await readForm(request);
    const finish = (result) => provider.interactionFinished(request, response, result, { mergeWithLastSubmission: details.prompt.name !== "login" });
    if (details.prompt.name === "login") {
      const username = (form.get("username") ?? "").trim();
      const outcome = users.check(username, form.get("password") ?? "");
      if (outcome !== "ok") {
        send(response, outcome === "wait" ? 429 : 401, pages.login(lang, { ...shown, username, fault: outcome }));
        return;
      }
      await finish({ login: { accountId: username, remember: true } });
    } else if (form.get("answer") === "allow") {
      await finish({ consent: {} });
    } else {
      await finish({ error: "access_denied", error_description: "the person refused" });
    }
  }
}
