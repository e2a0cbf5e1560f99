// Why something did not happen is told in the person's language: a file, an upload, a publication, a rule, an order of whatever kind.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { apiOf, READY_MS } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { fresh, material } from "./material.mjs";
import { violations } from "./violations.mjs";

const mark = Date.now().toString(36);
const folder = mkdtempSync(path.join(tmpdir(), "acervo-reasons-"));

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const row = (page, name) => page.locator("li", { hasText: name });
const choose = (page, file) => page.locator("input[type=file]:not([webkitdirectory])").setInputFiles([file]);
const written = (name, data) => {
  const file = path.join(folder, name);
  writeFileSync(file, data);
  return file;
};

test("a file that is refused says why in Spanish, and in the language that is chosen instead", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: "/upload" });
  const name = `nota-${mark}.mp4`;
  await choose(page, written(name, `Esto no es una película (${mark}).\n`.repeat(40)));
  await row(page, name).getByText("Es un archivo de texto, no un vídeo, un audio ni una imagen").waitFor({ timeout: READY_MS });
  await row(page, name).getByRole("link").click();
  const why = page.getByRole("alert").filter({ hasText: "Es un archivo de texto" });
  await why.waitFor();
  assert.equal(await why.locator("[lang=en]").count(), 0, "there is nothing that only the English sentence says");
  assert.deepEqual(await violations(page), []);
  const address = page.url();
  assert.deepEqual(faults, []);
  await context.close();
  for (const [locale, said] of [["pt-BR", "É um arquivo de texto, não um vídeo"], ["en-GB", "This is a text file, not video, audio or an image"]]) {
    const other = await open(browser, { user: "editora", locale });
    await other.page.goto(address);
    await other.page.getByRole("alert").filter({ hasText: said }).waitFor();
    await other.context.close();
  }
});

test("what only the English sentence says stays beside the text", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: "/upload" });
  const name = `cortada-${mark}.jpg`;
  const whole = readFileSync(fresh("picture", "entera.jpg"));
  await choose(page, written(name, whole.subarray(0, whole.length >> 1)));
  await row(page, name).getByText("El archivo está cortado.").waitFor({ timeout: READY_MS });
  await row(page, name).getByRole("link").click();
  const why = page.getByRole("alert").filter({ hasText: "El archivo está cortado. Vuelva a subirlo desde el original." });
  await why.locator("[lang=en]", { hasText: "The file is cut off: " }).waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("an upload that a project has no room for says so", async () => {
  const { context, page } = await open(browser, { user: "admin", at: "/upload" });
  const api = await apiOf(page);
  const project = `lleno-${mark}`;
  await api("POST", "/projects", { id: project, name: project, quota_bytes: 1000 });
  await page.evaluate((id) => localStorage.setItem("acervo.upload.project", id), project);
  await page.reload();
  const name = `grande-${mark}.jpg`;
  await choose(page, fresh("picture", name));
  await row(page, name).getByText("No cabe en la cuota del proyecto.").waitFor();
  await context.close();
});

test("a publication that fails says why and what can be done, and so does every attempt", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: `/assets/${material.film}` });
  const api = await apiOf(page);
  const id = `sinclave-${mark}`;
  await api("PUT", `/channels/${id}`, { name: id, type: "youtube", profile: "proxy", projects: ["noticias"], settings: {} });
  try {
    await page.reload();
    await page.getByRole("tab", { name: "Publicación" }).click();
    const card = page.locator(`[data-channel="${id}"]`);
    await card.getByRole("button", { name: `Publicar en ${id}` }).click();
    const why = card.locator("[data-publication=failed]").getByRole("alert");
    await why.getByText("Faltan las credenciales del canal.").waitFor({ timeout: READY_MS });
    await why.getByText("Ponga las credenciales del canal en Vault y reinténtelo.").waitFor();
    await why.locator("[lang=en]", { hasText: `channels/youtube/${id}` }).waitFor();
    await card.getByRole("button", { name: "Intentos" }).click();
    await card.getByRole("list", { name: "Intentos" }).getByText(/Enviar:.*Ha fallado.*Faltan las credenciales del canal\./).first().waitFor();
    assert.deepEqual(await violations(page), []);
  } finally {
    await api("PATCH", `/channels/${id}`, { enabled: false });
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("a rule's dry run says what stands in the way", async () => {
  const { context, page, faults } = await open(browser, { user: "admin" });
  const api = await apiOf(page);
  const address = `/assets/${material.picture}`;
  const edit = async (change) => api("PATCH", address, change, { "if-match": `"${(await api("GET", address)).version}"` });
  const { metadata } = await api("GET", address);
  const rule = `regla-${mark}`;
  await api("PUT", `/channels/${rule}`, { name: rule, type: "web", profile: "thumb-800", projects: ["noticias"], settings: { prefix: rule, base_url: "https://cdn.example" } });
  const { id } = await api("POST", "/publication-rules", { name: rule, channel_id: rule, project_id: "noticias", tag: rule });
  await edit({ metadata: { keywords: [rule] }, rights: { hold: true } });
  try {
    await page.goto(`${ORIGIN}/admin/rules?project=noticias`);
    await page.getByRole("button", { name: `Prueba de ${rule}` }).click();
    await page.getByRole("dialog").getByText(/está retenido$/).waitFor();
    assert.deepEqual(await violations(page), []);
  } finally {
    await edit({ metadata: { keywords: metadata.keywords ?? null }, rights: { hold: null } });
    await api("DELETE", `/publication-rules/${id}`);
    await api("PATCH", `/channels/${rule}`, { enabled: false });
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("what the service refuses is told in Spanish, without a second sentence that says the same", async () => {
  const { context, page } = await open(browser, { user: "admin" });
  await page.goto(`${ORIGIN}/admin/projects`);
  await page.getByRole("button", { name: "Proyecto nuevo" }).click();
  await page.getByLabel("Nombre").fill("Otra vez");
  await page.getByLabel("Identificador").fill("noticias");
  await page.getByRole("button", { name: "Crear" }).click();
  const refused = page.getByRole("alert");
  await refused.getByText("Ya hay un proyecto con ese identificador.").waitFor();
  assert.equal(await refused.locator("[lang=en]").count(), 0);
  await context.close();
});
