// What whoever runs the platform does on its page: each section, without a violation, and everything that changes something.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { apiOf } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";
import { violations } from "./violations.mjs";

const SECTIONS = { state: "Lo que espera", jobs: "Trabajos", projects: "Proyectos", channels: "Canales", rules: "Reglas de publicación", letters: "Eventos no entregados", audit: "Registro de auditoría" };
const mark = Date.now().toString(36);
const PROJECT = `prueba-${mark}`;
const CHANNEL = `canal-${mark}`;

let browser, page, faults;
before(async () => {
  browser = await launch();
  ({ page, faults } = await open(browser, { user: "admin" }));
});
after(() => browser.close());
afterEach(() => assert.deepEqual(faults, []));

/** What each section asks for before it can say anything. */
const ASKS = {
  state: ["platform", "search/state"], jobs: ["jobs"], projects: ["projects"], channels: ["channels"], rules: ["publication-rules"], letters: ["dead-letters"], audit: ["audit"],
};
/** The section at this address, once the server has answered all that it asks for and nothing on it says that it is loading. */
async function arrive(section, address = section) {
  const answered = ASKS[section].map((path) => page.waitForResponse((response) => new URL(response.url()).pathname === `/api/v1/${path}`));
  await page.goto(`${ORIGIN}/admin/${address}`);
  for (const response of await Promise.all(answered)) assert.ok(response.ok(), `${response.url()}: ${response.status()}`);
  await page.getByRole("heading", { level: 2, name: SECTIONS[section] }).first().waitFor();
  await page.waitForFunction(() => document.querySelector("[role=progressbar][aria-label^=Cargando]") === null);
}
const row = (text) => page.locator("tbody tr", { hasText: text });

for (const [scheme, width] of [["dark", 390], ["light", 1440]]) {
  test(`no section has a violation in the ${scheme} theme at ${width} pixels, and none is wider than the window`, async (t) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    for (const section of Object.keys(SECTIONS)) {
      await t.test(section, async () => {
        await arrive(section);
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
      });
    }
  });
}

test("who may not run the platform is told so, and sees nothing of it", async () => {
  const { context, page: theirs } = await open(browser, { user: "archivista" });
  await theirs.goto(`${ORIGIN}/admin/audit`);
  await theirs.getByText("Esta página es para quien administra la plataforma.").waitFor();
  assert.equal(await theirs.getByRole("table").count(), 0);
  await context.close();
});

test("a project is made, has its quota changed, and members come and go", async () => {
  await arrive("projects");
  await page.getByRole("button", { name: "Proyecto nuevo" }).click();
  await page.getByLabel("Nombre").fill(`Prueba ${mark}`);
  await page.getByLabel("Identificador").fill(PROJECT);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Crear" }).click();
  const side = page.getByRole("dialog", { name: PROJECT });
  await side.getByText("Nadie pertenece a este proyecto").waitFor();
  await side.getByLabel("Cuota (GB)").fill("2.5");
  await side.getByRole("button", { name: "Guardar" }).click();
  await side.getByText("Usa 0 B de 2,5 GB").waitFor();
  await side.getByLabel("Nombre en el proveedor").fill("becarios");
  await side.getByRole("button", { name: "Añadir" }).click();
  await side.getByText("group:becarios").waitFor();
  assert.deepEqual(await violations(page), []);
  await side.getByRole("button", { name: "Quitar group:becarios" }).click();
  await side.getByText("Nadie pertenece a este proyecto").waitFor();
  await side.getByRole("button", { name: "Cerrar" }).click();
  await row(PROJECT).getByText("2,5 GB").waitFor();
});

test("a channel's form is what its type asks for; what is wrong is told by its field; a secret is never asked for", async () => {
  await arrive("channels");
  await page.getByRole("button", { name: "Canal nuevo" }).click();
  const side = page.getByRole("dialog", { name: "Canal nuevo" });
  await side.getByLabel("Tipo", { exact: true }).selectOption("sftp");
  await side.getByLabel("Nombre", { exact: false }).first().fill(`Emisora ${mark}`);
  await side.getByLabel("Identificador").fill(CHANNEL);
  await side.getByLabel("Proyectos").fill(PROJECT);
  await side.getByLabel("Territorios").fill("es, PT");
  await side.getByLabel(/^Servidor/).fill("sftp.example.org");
  await side.getByLabel(/^Claves del servidor/).fill("this is no key");
  await side.getByText(`secret/channels/sftp/${CHANNEL}`).waitFor();
  assert.equal(await side.locator("input[type=password]").count(), 0);
  assert.deepEqual(await violations(page), []);
  await side.getByRole("button", { name: "Guardar" }).click();
  await side.locator("li", { hasText: "host_keys" }).waitFor();
  await side.getByLabel(/^Claves del servidor/).fill("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1aWx0LWZvci1hLXRlc3QtYW5kLW5vdGhpbmctZWxz");
  await side.getByRole("button", { name: "Guardar" }).click();
  await side.waitFor({ state: "hidden" });
  await row(CHANNEL).getByText(`Prueba ${mark}`).waitFor();
  const enabled = page.getByRole("switch", { name: `Emisora ${mark}: activo` });
  await enabled.click();
  await page.waitForFunction(([name]) => !document.querySelector(`input[aria-label="${name}"]`).checked, [`Emisora ${mark}: activo`]);
  await row(CHANNEL).getByRole("button").click();
  const again = page.getByRole("dialog", { name: `Emisora ${mark}` });
  assert.equal(await again.getByLabel(/^Servidor/).inputValue(), "sftp.example.org");
  assert.equal(await again.getByLabel("Territorios").inputValue(), "ES, PT");
  await again.getByLabel("Carpeta").fill("entrada");
  await again.getByRole("button", { name: "Guardar" }).click();
  await again.waitFor({ state: "hidden" });
  await row(CHANNEL).getByRole("button").click();
  assert.equal(await again.getByLabel("Carpeta").inputValue(), "entrada");
});

test("a rule is saved switched off, looked at dry, and switched on from there only", async () => {
  await arrive("rules");
  await page.getByLabel("Proyecto").selectOption(PROJECT);
  await page.getByText("Nada se publica solo en este proyecto").waitFor();
  await page.getByRole("button", { name: "Regla nueva" }).click();
  await page.getByLabel("Nombre").fill(`Todo ${mark}`);
  await page.getByLabel("Canal").selectOption(CHANNEL);
  await page.getByLabel("Etiqueta").fill("urgente");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Guardar apagada y probar" }).click();
  const dry = page.getByRole("dialog", { name: `Prueba de Todo ${mark}` });
  await dry.getByText("Ahora no publicaría nada").waitFor();
  assert.deepEqual(await violations(page), []);
  await dry.getByRole("button", { name: "Cerrar" }).click();
  await row(`Todo ${mark}`).getByText("Apagada").waitFor();
  assert.equal(await row(`Todo ${mark}`).getByRole("button", { name: /Activar/ }).count(), 0);
  await page.getByRole("button", { name: `Prueba de Todo ${mark}` }).click();
  await dry.getByRole("button", { name: "Activar la regla" }).click();
  await row(`Todo ${mark}`).getByText("Activa", { exact: true }).waitFor();
  await page.getByRole("button", { name: `Apagar Todo ${mark}` }).click();
  await page.getByRole("button", { name: `Eliminar Todo ${mark}` }).click();
  await page.getByText("Nada se publica solo en este proyecto").waitFor();
});

test("jobs are narrowed by state and kind, and lead to their asset", async () => {
  await arrive("jobs");
  await page.getByLabel("Estado").selectOption("done");
  await page.getByLabel("Tipo").selectOption("transcode");
  const film = page.locator(`a[href*="${material.film}"]`).first();
  await film.waitFor();
  await page.waitForFunction(() => {
    const kinds = [...document.querySelectorAll("tbody tr td:first-child")].map((cell) => cell.textContent);
    return kinds.length > 0 && kinds.every((kind) => kind === "Codificación");
  });
  await page.getByLabel("Estado").selectOption("cancelled");
  await film.waitFor({ state: "detached" });
  // the filter is the address: it can be shared, and back takes it back
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { state: "cancelled", kind: "transcode" });
  await page.goBack();
  await film.waitFor();
  await page.waitForFunction(() => document.querySelector("select[aria-label=Estado]")?.value === "done");
  await page.reload();
  await film.waitFor();
  assert.deepEqual([await page.getByLabel("Estado").inputValue(), await page.getByLabel("Tipo").inputValue()], ["done", "transcode"]);
  await arrive("jobs", "jobs?state=exploded");
  assert.equal(await page.getByLabel("Estado").inputValue(), "");
});

test("a job is cancelled from the list, and the asset's page says so", async () => {
  await arrive("jobs");
  const api = await apiOf(page);
  // more than are made at once: the last of them waits
  const order = { profile: "prores-hq", box: { width: 1920, height: 1080 } };
  const jobs = [];
  for (let n = 0; n < 5; n++) jobs.push((await api("POST", `/assets/${material.film}/ondemand`, order)).job.id);
  await page.goto(`${ORIGIN}/admin/jobs?kind=ondemand`);
  const newest = page.locator("tbody tr").first();
  await newest.getByRole("button", { name: /^Cancelar: Pedido a medida/ }).click();
  await newest.getByText("Cancelado", { exact: true }).waitFor();
  assert.equal((await api("GET", `/jobs/${jobs.at(-1)}`)).state, "cancelled");
  for (const id of jobs) await api("DELETE", `/jobs/${id}`).catch(() => undefined); // over already
  await page.goto(`${ORIGIN}/assets/${material.film}`);
  await page.getByRole("tab", { name: "Trabajos" }).click();
  await page.getByRole("tabpanel", { name: "Trabajos" }).getByText(/^Cancelado/).first().waitFor();
});

test("the audit log is searched, exported and checked against its seals", async () => {
  await arrive("audit");
  await page.getByLabel("Qué", { exact: true }).fill("project.make");
  await page.getByLabel("Proyecto").selectOption(PROJECT);
  await page.getByRole("button", { name: "Buscar", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.reload();
  assert.deepEqual([await page.getByLabel("Qué", { exact: true }).inputValue(), await page.getByLabel("Proyecto").inputValue()], ["project.make", PROJECT]);
  await row(`Prueba ${mark}`).getByRole("button", { name: "project.make" }).click();
  await page.getByRole("dialog").getByText('"what": "project.make"').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("dialog").getByRole("button", { name: "Cerrar" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Exportar CSV" }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "audit.csv");
  const lines = readFileSync(await file.path(), "utf8").trim().split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[1], new RegExp(PROJECT));
  await page.getByRole("button", { name: "Comprobar los sellos" }).click();
  await page.getByText("El registro está íntegro").waitFor({ timeout: 60_000 });
});

test("dead letters that fit are sent again together, and what is left is said", async () => {
  await arrive("letters");
  await page.getByRole("button", { name: "Repetir varios" }).click();
  const side = page.getByRole("dialog", { name: "Repetir varios" });
  await side.getByLabel("Como máximo").fill("1");
  assert.deepEqual(await violations(page), []);
  await side.getByRole("button", { name: "Repetir" }).click();
  await side.getByText(/quedan \d+\.$/).waitFor({ timeout: 40_000 });
});

test("the platform's state names the live index and the models", async () => {
  await arrive("state");
  await row("tantivy").waitFor();
  await row("Codificación").waitFor();
});
