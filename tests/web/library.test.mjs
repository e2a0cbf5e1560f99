// Working with many results: choose, edit together, collect, keep searches, look into films, find what is alike.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiOf, READY_MS } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { fresh, material } from "./material.mjs";
import { violations } from "./violations.mjs";

const TAG = `biblio${Date.now().toString(36)}`;
const NAMES = ["uno", "dos", "tres"].map((name) => `${TAG}-${name}.jpg`);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const results = (page) => page.locator("[data-result]");
const bar = (page) => page.getByRole("toolbar", { name: "Material seleccionado" });
const selected = (page) => bar(page).getByRole("status");
const box = (page, number) => page.getByRole("checkbox", { name: /^Seleccionar/ }).nth(number);

/** What this suite has put in, once the index has at least so many; an answer without them is asked for again. */
async function openOurs(page, { more = "", least = 1 } = {}) {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    await page.goto(`${ORIGIN}/?tag=${TAG}${more}`);
    await page.locator("h1", { hasText: /resultados?$/ }).waitFor();
    const found = await results(page).first().waitFor({ timeout: 2_000 }).then(() => results(page).count(), () => 0);
    if (found >= least) return;
    assert.ok(Date.now() < deadline, `${found} of ${least} are found`);
  }
}

test("what is said of many files before and after they are sent is with each of them", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: "/upload" });
  await page.getByLabel("Etiquetas para todos").fill(`${TAG}, ribera`);
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(NAMES.map((name) => fresh("picture", name)));
  for (const name of NAMES) await page.locator("li", { hasText: name }).getByText("Listo").waitFor({ timeout: READY_MS });
  await page.getByText("3 listos").waitFor();
  await page.getByRole("button", { name: "Editar metadatos de 3" }).click();
  const dialog = page.getByRole("dialog", { name: "Editar 3 materiales" });
  await dialog.getByLabel("Fuente", { exact: true }).fill("Redacción");
  await dialog.getByRole("button", { name: "Aplicar a todos" }).click();
  await dialog.getByText("3 materiales cambiados").waitFor();
  await dialog.getByRole("button", { name: "Cerrar" }).click();
  await openOurs(page, { least: NAMES.length });
  assert.deepEqual(faults, []);
  await context.close();
});

test("results are chosen by mouse, by range and by keyboard, and let go", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  await openOurs(page, { least: 3 });
  await box(page, 0).click();
  await selected(page).getByText("1 seleccionado").waitFor();
  await box(page, 2).click({ modifiers: ["Shift"] });
  await selected(page).getByText("3 seleccionados").waitFor();
  await box(page, 1).click();
  await selected(page).getByText("2 seleccionados").waitFor();
  await bar(page).getByRole("button", { name: "Quitar la selección" }).click();
  await bar(page).waitFor({ state: "detached" });

  await results(page).first().focus();
  await page.keyboard.press(" ");
  await selected(page).getByText("1 seleccionado").waitFor();
  await page.keyboard.press("Shift+ArrowRight");
  await selected(page).getByText("2 seleccionados").waitFor();
  await page.keyboard.press("Control+a");
  await selected(page).getByText("3 seleccionados").waitFor();
  await page.keyboard.press("Escape");
  await bar(page).waitFor({ state: "detached" });
  await results(page).nth(1).click({ modifiers: ["Shift"] });
  await selected(page).getByText("2 seleccionados").waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  await page.getByRole("button", { name: "Lista" }).click();
  await page.waitForURL((url) => url.searchParams.get("view") === "list");
  await selected(page).getByText("2 seleccionados").waitFor(); // the same results, looked at otherwise
  await page.getByLabel(/^Vídeo|^Imagen/).first().check();
  await bar(page).waitFor({ state: "detached" }); // other results
  assert.deepEqual(faults, []);
  await context.close();
});

test("many are edited at once, each with its result, what was refused by name, and all of it can be undone", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  await openOurs(page, { least: 3 });
  const gone = await context.newPage();
  await gone.goto(ORIGIN);
  await gone.locator("input[role=combobox]").waitFor();
  const victim = new URL(await page.locator(`[data-result]:has-text("${NAMES[2]}")`).getAttribute("href"), ORIGIN).pathname;
  await results(page).first().focus();
  await page.keyboard.press("Control+a");
  await bar(page).getByRole("button", { name: "Editar metadatos" }).click();
  const dialog = page.getByRole("dialog", { name: "Editar 3 materiales" });
  assert.ok(await dialog.getByRole("button", { name: "Aplicar a todos" }).isDisabled(), "nothing was filled in");
  await dialog.getByLabel("Etiquetas: añadir").fill("conjunto");
  await dialog.getByLabel("Crédito", { exact: true }).fill("Agencia de la ribera");
  await dialog.getByLabel("Embargado hasta", { exact: true }).fill("2199-01-01T00:00");
  assert.deepEqual(await violations(page), []);

  await gone.goto(ORIGIN + victim);
  await gone.getByRole("button", { name: "Eliminar" }).click();
  await gone.getByRole("dialog").getByRole("button", { name: "Eliminar" }).click();
  await gone.locator("[data-result]").first().waitFor();

  await dialog.getByRole("button", { name: "Aplicar a todos" }).click();
  await dialog.getByText("2 materiales cambiados · 1 sin cambiar").waitFor();
  const list = dialog.getByRole("list", { name: "Resultado de cada material" });
  assert.match(await list.getByRole("listitem").first().textContent(), new RegExp(`${NAMES[2]}.*No se ha cambiado: (ya no|No) existe`));
  assert.equal(await list.getByText("Cambiado", { exact: true }).count(), 2);
  assert.deepEqual(await violations(page), []);

  await openOurs(gone);
  await gone.locator(`[data-result]:has-text("${NAMES[0]}")`).click();
  await gone.waitForFunction(() => document.querySelector("form[aria-label]") !== null);
  assert.equal(await gone.getByLabel("Crédito", { exact: true }).inputValue(), "Agencia de la ribera");
  await openOurs(gone);
  await gone.locator("[data-flag=rights-embargo]").first().waitFor();

  await dialog.getByRole("button", { name: "Deshacer en todos" }).click();
  await dialog.getByText("Deshecho en 2 materiales").waitFor();
  await dialog.getByRole("button", { name: "Cerrar" }).click();
  await openOurs(gone);
  await gone.locator("[data-flag]").first().waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("results become a collection, which is searched, renamed, emptied and let go", async () => {
  const name = `Cobertura ${TAG}`;
  const { context, page, faults } = await open(browser, { user: "archivista" });
  await openOurs(page, { least: 2 });
  await results(page).first().focus();
  await page.keyboard.press("Control+a");
  await bar(page).getByRole("button", { name: "Añadir a una colección" }).click();
  const add = page.getByRole("dialog", { name: "¿A qué colección?" });
  await add.getByLabel("Nueva colección").last().fill(name);
  await page.keyboard.press("Enter");
  await add.getByText(`2 añadidos a «${name}»`).waitFor();
  assert.deepEqual(await violations(page), []);
  await add.getByRole("link", { name: `Abrir ${name}` }).click();

  await page.waitForURL((url) => url.searchParams.has("collection"));
  await page.locator("h1", { hasText: `Colección «${name}» · 2 resultados` }).waitFor();
  await page.locator("input[role=combobox]").fill(NAMES[0]);
  await page.keyboard.press("Enter");
  await page.locator("h1", { hasText: "· 1 resultado" }).waitFor();
  await box(page, 0).click();
  await bar(page).getByRole("button", { name: "Quitar de la colección" }).click();
  await page.getByText(`Nada coincide con «${NAMES[0]}»`).waitFor();
  await page.getByRole("button", { name: "Salir" }).click();
  await page.waitForURL((url) => !url.searchParams.has("collection"));

  await page.getByRole("link", { name: "Colecciones" }).click();
  const row = page.locator("li", { hasText: name });
  await row.getByText("1 material ").waitFor();
  assert.deepEqual(await violations(page), []);
  await row.getByRole("button", { name: /^Cambiar el nombre/ }).click();
  await page.getByRole("dialog").getByLabel("Nombre").fill(`${name} bis`);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: `Abrir ${name} bis` }).waitFor();
  await page.getByRole("button", { name: `Eliminar ${name} bis` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Eliminar" }).click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("inside a collection what was said is found, filters narrow it down, and the address keeps it all", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  const api = await apiOf(page);
  const { id } = await api("POST", "/collections", { name: `Dichos ${TAG}`, project_id: "noticias" });
  try {
    await api("POST", `/collections/${id}/assets`, { asset_ids: [material.film, material.picture] });
    await page.goto(`${ORIGIN}/?collection=${id}`);
    await page.locator("h1", { hasText: "· 2 resultados" }).waitFor();
    const filters = page.getByRole("navigation", { name: "Filtros" });
    await filters.getByRole("group", { name: "Tipo" }).getByRole("checkbox").nth(1).waitFor();

    await page.locator("input[role=combobox]").fill(material.word);
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "· 1 resultado" }).waitFor();
    await page.locator(`[data-result][href*="${material.film}"]`).waitFor();
    await page.getByRole("button", { name: "Lo que se dice" }).click();
    await page.locator(`[data-result][href*="${material.film}"] mark`).first().waitFor();
    await page.reload();
    await page.locator(`[data-result][href*="${material.film}"] mark`).first().waitFor();
    assert.deepEqual(await violations(page), []);

    await page.goto(`${ORIGIN}/?collection=${id}`);
    await filters.getByRole("group", { name: "Derechos" }).getByRole("checkbox", { name: /^Sin límites/ }).check();
    await page.waitForURL((url) => url.searchParams.get("rights")?.includes("rights-free") && url.searchParams.get("collection") === id);
    await page.locator("h1", { hasText: "· 2 resultados" }).waitFor();
    await page.getByRole("button", { name: "Quitar el filtro Sin límites" }).waitFor();
    await page.goto(`${ORIGIN}/?collection=${id}&rights=rights-hold`);
    await page.getByText("Nada coincide con estos filtros").waitFor();
    assert.deepEqual(faults, []);
  } finally {
    await api("DELETE", `/collections/${id}`);
  }
  await context.close();
});

test("a search is kept with notices, opened again and let go; one's own queries are suggested", async () => {
  const name = `Guardada ${TAG}`;
  const { context, page, faults } = await open(browser, { user: "archivista", at: `/?q=${TAG}&type=image` });
  await results(page).first().waitFor();
  const dialog = page.getByRole("dialog", { name: "Búsquedas guardadas" });
  const openDialog = () => page.getByRole("button", { name: "Búsquedas guardadas" }).click();
  await openDialog();
  await dialog.getByLabel("Nombre").fill(name);
  await dialog.getByRole("button", { name: "Guardar esta búsqueda" }).click();
  await dialog.getByText(`«${name}» se ha guardado`).waitFor();
  const notify = dialog.getByRole("checkbox", { name: `Avisarme de lo nuevo en ${name}` });
  const changed = page.waitForResponse((response) => response.request().method() === "PUT" && response.ok());
  await notify.click();
  await changed;
  assert.deepEqual(await violations(page), []);

  await page.goto(ORIGIN);
  await openDialog();
  assert.ok(await notify.isChecked());
  await dialog.getByRole("button", { name: `Abrir ${name}` }).click();
  await page.waitForURL((url) => url.searchParams.get("q") === TAG && url.searchParams.get("type") === "image");
  await openDialog();
  await dialog.getByRole("button", { name: `Eliminar ${name}` }).click();
  await dialog.getByText(`«${name}» se ha eliminado`).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const remembered = page.waitForResponse((response) => response.url().endsWith("/search/history"));
  await results(page).first().click();
  assert.equal((await remembered).status(), 204);
  await page.goto(ORIGIN);
  await page.locator("input[role=combobox]").pressSequentially(TAG.slice(0, 8), { delay: 30 });
  await page.getByRole("option", { name: `${TAG} búsqueda suya` }).click();
  await page.waitForURL((url) => url.searchParams.get("q") === TAG);
  assert.deepEqual(faults, []);
  await context.close();
});

test("what is like a result is one click away, and the way back is too", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  await openOurs(page, { least: 2 });
  const [first] = NAMES;
  await page.locator("li", { hasText: first }).hover();
  await page.getByRole("link", { name: `Parecidos a ${first}` }).click();
  await page.waitForURL((url) => url.searchParams.has("like"));
  await page.locator("h1", { hasText: `Parecidos a «${first}»` }).waitFor();
  await page.locator("[data-result]", { hasText: NAMES[1] }).waitFor();
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get("tag") === TAG);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a pointer goes through a film on its thumbnail, and not where no motion is wanted", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: `/?q=${material.word}` });
  const film = page.locator("li", { has: page.locator(`[data-result][href*="${material.film}"]`) });
  const { x, y, width } = await film.boundingBox();
  await page.mouse.move(x + width * 0.2, y + 40);
  await page.mouse.move(x + width * 0.5, y + 40);
  const shown = film.locator("[data-scrub=shown]");
  await shown.waitFor();
  const at = await shown.textContent();
  await page.mouse.move(x + width * 0.9, y + 40);
  await page.waitForFunction((before) => document.querySelector("[data-scrub=shown]")?.textContent !== before, at);
  await page.mouse.move(2, 2);
  await shown.waitFor({ state: "detached" });
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.mouse.move(x + width * 0.5, y + 40);
  await page.waitForTimeout(500); // nothing should happen, for as long as something would have taken
  assert.equal(await film.locator("[data-scrub]").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

for (const scheme of ["light", "dark"]) {
  for (const width of [1440, 390]) {
    test(`collections and selections have no violation in the ${scheme} theme at ${width} pixels`, async () => {
      const { context, page } = await open(browser, { user: "archivista", scheme, width });
      await page.goto(`${ORIGIN}/collections`);
      await page.locator("h1").waitFor();
      await page.getByLabel("Nueva colección").first().waitFor();
      assert.deepEqual(await violations(page), []);
      await openOurs(page, { more: width > 1000 ? "" : "&view=list" });
      await box(page, 0).click();
      await bar(page).waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });
  }
}
