// Assets change their project from the page: one from its own page, several from the results, with a reason for each that stays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiOf, READY_MS, until } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { fresh } from "./material.mjs";
import { violations } from "./violations.mjs";

const mark = Date.now().toString(36);
const PROJECT = { id: `destino-${mark}`, name: `Destino ${mark}` };

let browser;
before(async () => {
  browser = await launch();
  const { context, page } = await open(browser, { user: "admin" });
  await (await apiOf(page))("POST", "/projects", PROJECT);
  await context.close();
});
after(() => browser.close());

/** The asset, once nothing works on it any more. */
const atRest = (api, at) =>
  until(async () => {
    const asset = await api("GET", at);
    return asset.status === "ready" && asset.jobs.every(({ state }) => state !== "queued" && state !== "running") && asset;
  }, "the picture is at rest");
const dialog = (page) => page.getByRole("dialog", { name: /a otro proyecto$/ });

test("what went into the wrong project is moved from the upload page, and from its own page back again", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: "/upload" });
  const api = await apiOf(page);
  await page.goto(`${ORIGIN}/upload`);
  const home = await page.getByLabel("Proyecto", { exact: true }).textContent();
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(fresh("picture", `mudanza-${mark}.jpg`));
  const link = page.getByRole("link", { name: `mudanza-${mark}.jpg` });
  await link.waitFor({ timeout: READY_MS });
  const at = await link.getAttribute("href");
  const before = await atRest(api, at);

  await page.getByRole("button", { name: "Pasar a otro proyecto" }).click();
  await dialog(page).getByLabel("Proyecto").selectOption(PROJECT.id);
  assert.deepEqual(await violations(page), []);
  await dialog(page).getByRole("button", { name: "Pasar", exact: true }).click();
  await dialog(page).getByText("1 material pasado").waitFor();
  assert.deepEqual(await violations(page), []);
  const moved = await api("GET", at);
  assert.deepEqual([moved.project_id, moved.sha256], [PROJECT.id, before.sha256]);
  await until(async () => {
    const found = await fetchSearch(page, `mudanza-${mark}`, PROJECT.id);
    return found.length === 1;
  }, "it is found in its new project");

  await page.goto(ORIGIN + at);
  await page.getByText(PROJECT.name).first().waitFor();
  await page.getByRole("tab", { name: "Historial" }).click();
  await page.getByText("lo pasó a otro proyecto").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Deshacer el cambio/ }).count(), 0);
  await until(async () => {
    await page.getByRole("button", { name: "Pasar a otro proyecto" }).click();
    await dialog(page).getByLabel("Proyecto").selectOption(before.project_id);
    await dialog(page).getByRole("button", { name: "Pasar", exact: true }).click();
    const said = await dialog(page).getByRole("status").textContent();
    await dialog(page).getByRole("button", { name: "Cerrar" }).click();
    return said.startsWith("1 material pasado"); // or somebody had just begun to look at it again
  }, "it is moved back");
  await page.getByText(home).first().waitFor();
  assert.equal((await api("GET", at)).project_id, before.project_id);

  assert.deepEqual(faults, []);
  await context.close();
});

/** Ids that the page's own search finds in a project. */
async function fetchSearch(page, words, project) {
  const answer = page.waitForResponse((response) => response.url().includes("/search/assets") && response.ok());
  await page.goto(`${ORIGIN}/?q=${words}&project=${project}`);
  const { hits } = await (await answer).json();
  return hits.map(({ asset_id: id }) => id);
}

test("what cannot be moved stays, and says why", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: "/upload" });
  const api = await apiOf(page);
  await page.goto(`${ORIGIN}/upload`);
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(fresh("picture", `retenida-${mark}.jpg`));
  const link = page.getByRole("link", { name: `retenida-${mark}.jpg` });
  await link.waitFor({ timeout: READY_MS });
  const at = await link.getAttribute("href");
  await atRest(api, at);
  await api("POST", "/assets/bulk-edit", { asset_ids: [at.split("/").at(-1)], edit: { rights: { hold: true } } });
  await page.goto(ORIGIN + at);
  await page.getByRole("application").waitFor(); // what is on hold is seen all the same
  await page.getByRole("button", { name: "Pasar a otro proyecto" }).click();
  await dialog(page).getByLabel("Proyecto").selectOption(PROJECT.id);
  await dialog(page).getByRole("button", { name: "Pasar", exact: true }).click();
  await dialog(page).getByText(/está retenido/i).waitFor();
  await dialog(page).getByText("0 materiales pasados").waitFor();
  await api("POST", "/assets/bulk-edit", { asset_ids: [at.split("/").at(-1)], edit: { rights: { hold: null } } });
  assert.deepEqual(faults, []);
  await context.close();
});
