// What is dragged: files over any page become uploads, results go into a collection; and what was done in passing is taken back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { apiOf, READY_MS, until } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { fresh, material } from "./material.mjs";
import { violations } from "./violations.mjs";

const mark = Date.now().toString(36);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A file held over the page, as the desktop hands it in. */
const transferOf = (page, name) =>
  page.evaluateHandle(
    ({ name: as, base64 }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], as, { type: "image/jpeg" }));
      return transfer;
    },
    { name, base64: readFileSync(fresh("picture", name)).toString("base64") },
  );
const members = async (api, id) => (await api("GET", `/collections/${id}/assets?limit=50`)).items.map(({ id: asset }) => asset);

test("a file that is let go over the results is uploaded, and the page stays a page", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: "/?q=zzzzqqqq" });
  const name = `suelta-${mark}.jpg`;
  const dataTransfer = await transferOf(page, name);
  await page.locator("main").dispatchEvent("dragover", { dataTransfer });
  await page.locator("[data-drop=files]", { hasText: "Suelte los archivos" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.locator("main").dispatchEvent("drop", { dataTransfer });
  await page.waitForURL((url) => url.pathname === "/upload");
  await page.locator("[data-drop=files]").waitFor({ state: "detached" });
  await page.locator("li", { hasText: name }).getByText("Listo").waitFor({ timeout: READY_MS });
  assert.deepEqual(faults, []);
  await context.close();
});

test("a result is dragged into a collection, which is said and taken back; what is taken out comes back as well", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  const api = await apiOf(page);
  const name = `Arrastre ${mark}`;
  const { id } = await api("POST", "/collections", { name, project_id: "noticias" });
  try {
    await page.goto(`${ORIGIN}/?q=${material.word}`);
    const hit = page.locator(`[data-result][href*="${material.film}"]`);
    await hit.waitFor();
    const from = await hit.boundingBox();
    await page.mouse.move(from.x + 60, from.y + 60);
    await page.mouse.down();
    await page.mouse.move(from.x + 90, from.y + 90, { steps: 4 });
    const place = page.locator(`[data-collection="${id}"]`);
    await place.waitFor();
    const to = await place.boundingBox();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
    await page.mouse.up();
    const toast = page.getByRole("status").filter({ hasText: `1 añadido a «${name}»` });
    await toast.waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    await place.waitFor({ state: "detached" });
    assert.deepEqual(await members(api, id), [material.film]);
    await toast.getByRole("button", { name: "Deshacer" }).click();
    await until(async () => (await members(api, id)).length === 0, "it is out again");

    await api("POST", `/collections/${id}/assets`, { asset_ids: [material.film] });
    await page.goto(`${ORIGIN}/?collection=${id}`);
    await page.getByRole("checkbox", { name: /^Seleccionar/ }).first().click();
    await page.getByRole("toolbar", { name: "Material seleccionado" }).getByRole("button", { name: "Quitar de la colección" }).click();
    const out = page.getByRole("status").filter({ hasText: "1 quitado de la colección" });
    await out.waitFor();
    assert.deepEqual(await violations(page), []);
    await out.getByRole("button", { name: "Deshacer" }).click();
    await until(async () => (await members(api, id)).length === 1, "it is in again");
    assert.deepEqual(faults, []);
  } finally {
    await api("DELETE", `/collections/${id}`);
  }
  await context.close();
});

test("an address that does not exist is told within the page, and the way on is there", async () => {
  const { context, page, faults } = await open(browser, { user: "editora" });
  await page.goto(`${ORIGIN}/no/hay/nada`);
  await page.getByRole("heading", { level: 1, name: "Aquí no hay nada" }).waitFor();
  assert.equal(await page.getByRole("main").count(), 1);
  await page.getByRole("navigation", { name: "Principal" }).getByRole("link", { name: "Subir" }).click();
  await page.waitForURL((url) => url.pathname === "/upload");
  assert.deepEqual(faults, []);
  await context.close();
});
