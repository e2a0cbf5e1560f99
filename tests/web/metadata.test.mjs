import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const AT = `/assets/${material.picture}`;
const saved = (page) => page.locator("[data-save=saved]").waitFor();
/** Until what the act changes is on the server, and the page says so. */
async function saving(page, act) {
  const sent = page.waitForResponse((response) => response.request().method() === "PATCH" && response.ok());
  await act();
  await sent;
  await saved(page);
}
const field = (page, name) => page.getByLabel(name, { exact: true });

test("what is written saves itself and is there again, and a step back is a click", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: AT });
  const before = await field(page, "Crédito").inputValue();
  const text = `Crédito ${Date.now()}`;
  await saving(page, () => field(page, "Crédito").fill(text));
  await page.reload();
  await saved(page);
  assert.equal(await field(page, "Crédito").inputValue(), text);
  await saving(page, () => field(page, "Crédito").fill("otra cosa"));
  await saving(page, () => page.getByRole("button", { name: "Deshacer" }).click());
  assert.equal(await field(page, "Crédito").inputValue(), text);
  await saving(page, () => field(page, "Crédito").fill(before));
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

  await saving(first, () => field(first, "Autor").fill(`Autora ${now}`));
  await saving(second, () => field(second, "Fuente").fill(`Fuente ${now}`));
  await until(async () => (await field(second, "Autor").inputValue()) === `Autora ${now}`, "the other's field is joined");

  await first.reload();
  await saved(first);
  await saving(first, () => field(first, "Autor").fill("la primera"));
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
  await page.getByText("No tiene la forma debida.").waitFor();
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
