import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const AT = `/assets/${material.picture}`;
const saved = (page) => page.locator("[data-save=saved]").waitFor();
const field = (page, name) => page.getByLabel(name, { exact: true });

test("what is written saves itself and is there again, and a step back is a click", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: AT });
  const before = await field(page, "Crédito").inputValue();
  const text = `Crédito ${Date.now()}`;
  await field(page, "Crédito").fill(text);
  await page.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(page);
  await page.reload();
  await saved(page);
  assert.equal(await field(page, "Crédito").inputValue(), text);
  await field(page, "Crédito").fill("otra cosa");
  await page.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(page);
  await page.getByRole("button", { name: "Deshacer" }).click();
  await page.waitForFunction((wanted) => [...document.querySelectorAll("input")].some((input) => input.value === wanted), text);
  await page.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(page);
  await field(page, "Crédito").fill(before);
  await page.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test("two windows: different fields are joined, the same field shows both and the person decides", async () => {
  const { context, page: first } = await open(browser, { user: "archivista", at: AT });
  const second = await context.newPage();
  await second.goto(ORIGIN + AT);
  await saved(second);
  const now = Date.now();
  // a look at the server between the edits would hide what is tested here
  await second.route(`**/api/v1${AT}`, (route) => (route.request().method() === "GET" ? route.abort() : route.continue()));

  await field(first, "Autor").fill(`Autora ${now}`);
  await first.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(first);
  await field(second, "Fuente").fill(`Fuente ${now}`);
  await second.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(second);
  assert.equal(await field(second, "Autor").inputValue(), `Autora ${now}`);

  await first.reload();
  await saved(first);
  await field(first, "Autor").fill("la primera");
  await first.locator("[data-save=waiting], [data-save=saving]").first().waitFor();
  await saved(first);
  await field(second, "Autor").fill("la segunda");
  const dialog = second.getByRole("dialog", { name: "Otra persona ha cambiado lo mismo" });
  await dialog.getByText("la primera").waitFor();
  await dialog.getByText("la segunda").waitFor();
  await dialog.getByRole("button", { name: "Dejar lo mío" }).click();
  await saved(second);
  await first.reload();
  await saved(first);
  assert.equal(await field(first, "Autor").inputValue(), "la segunda");
  assert.equal(await field(first, "Fuente").inputValue(), `Fuente ${now}`);
  await context.close();
});

test("what the API finds wrong stands at its field", async () => {
  const { context, page } = await open(browser, { user: "archivista", at: AT });
  await field(page, "Fecha de creación").fill("ayer");
  await page.locator("[data-save=failed]").waitFor();
  await page.getByText(/should match pattern/).waitFor();
  await field(page, "Fecha de creación").fill("2026-11");
  await saved(page);
  await context.close();
});

test("renditions and the master are taken home with names that people know", async () => {
  const { context, page } = await open(browser, { user: "archivista", at: AT });
  await page.getByRole("tab", { name: "Versiones" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Descargar Miniatura 800" }).click();
  assert.match((await download).suggestedFilename(), /-thumb-800\.webp$/);
  await context.close();
});
