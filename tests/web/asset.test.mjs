// The asset's page: correcting what is said, taking changes back, what is seen and when, related assets, both protocols.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiOf, READY_MS, until } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";
import { violations } from "./violations.mjs";

const FILM = `/assets/${material.film}`;
const PICTURE = `/assets/${material.picture}`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const tab = (page, name) => page.getByRole("tab", { name }).click();
const time = (page) => page.evaluate(() => document.querySelector("video").currentTime);
const playable = (page) => page.waitForFunction(() => document.querySelector("video")?.readyState >= 2, undefined, { timeout: READY_MS });

const lastLine = (page) => page.locator("li[data-index]").last();
const editor = (page) => page.locator("form", { has: page.getByLabel("Lo que se dice") });

async function openEditor(page) {
  await lastLine(page).waitFor();
  await lastLine(page).hover();
  await lastLine(page).getByRole("button", { name: /^Corregir/ }).click();
  await editor(page).waitFor();
}

test("a line that is put right is shown at once, is found by its new words, and can be taken back", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista" });
  await page.goto(ORIGIN + FILM);
  const api = await apiOf(page);
  const before = (await api("GET", `${FILM}/transcript?limit=500`)).items.at(-1).text;
  const word = `zarzaparrilla${Date.now()}`;
  await openEditor(page);
  await page.keyboard.press("Escape");
  await editor(page).waitFor({ state: "detached" });
  await openEditor(page);
  await page.getByLabel("Lo que se dice").fill(`${before} ${word}`);
  await page.getByLabel("Quién habla", { exact: true }).last().fill("Marta Ruiz");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Marta Ruiz:").waitFor();
  await lastLine(page).filter({ hasText: word }).waitFor();
  await page.waitForFunction(() => document.activeElement?.className.includes("edit")); // the keyboard goes on from the line
  await until(async () => (await api("GET", `/search/assets?q=${word}`)).hits.some((hit) => hit.asset_id === material.film), "search finds the correction");

  await openEditor(page);
  await page.getByText(/^La máquina entendió|Corregido por/).first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Volver a lo que entendió la máquina" }).click();
  await page.waitForFunction((text) => !document.body.innerText.includes(text), word);
  await until(async () => (await api("GET", `${FILM}/transcript?limit=500`)).items.at(-1).text === before, "the machine's words are back");
  assert.deepEqual(faults, []);
  await context.close();
});

test("two people correct one line: the second sees both and decides; the history tells it all and takes it back", async () => {
  const { context, page: first, faults } = await open(browser, { user: "archivista" });
  await first.goto(ORIGIN + FILM);
  const second = await context.newPage();
  await second.goto(ORIGIN + FILM);
  await openEditor(second);
  const theirs = `Dicho por la primera ${Date.now()}`;
  const mine = `Dicho por la segunda ${Date.now()}`;
  await openEditor(first);
  await first.getByLabel("Lo que se dice").fill(theirs);
  await first.getByRole("button", { name: "Guardar", exact: true }).click();
  await editor(first).waitFor({ state: "detached" });

  await second.getByLabel("Lo que se dice").fill(mine);
  await second.getByRole("button", { name: "Guardar", exact: true }).click();
  const conflict = second.locator("[data-conflict]");
  await conflict.waitFor();
  assert.match(await conflict.innerText(), new RegExp(theirs));
  assert.match(await conflict.innerText(), new RegExp(mine));
  await second.getByRole("button", { name: "Guardar lo mío" }).click();
  await editor(second).waitFor({ state: "detached" });
  await lastLine(second).filter({ hasText: mine }).waitFor();

  await tab(second, "Historial");
  const row = second.locator("[data-happening=correction]", { hasText: mine });
  await row.waitFor();
  await second.locator("[data-happening=correction]", { hasText: theirs }).getByText("Ya no está vigente").waitFor();
  await row.getByRole("button", { name: /^Deshacer el cambio de archivista/ }).click();
  await row.getByText("Ya no está vigente").waitFor();
  await second.waitForFunction((text) => ![...document.querySelectorAll("li[data-index]")].some((line) => line.innerText.includes(text)), mine);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the history of the metadata says who changed what from what to what; undo puts it back into the form", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: PICTURE });
  const field = page.getByLabel("Fuente", { exact: true });
  const before = await field.inputValue();
  const text = `Agencia ${Date.now()}`;
  const sent = page.waitForResponse((response) => response.request().method() === "PATCH" && response.ok());
  await field.fill(text);
  await sent;
  await page.locator("[data-save=saved]").waitFor();
  await tab(page, "Historial");
  const row = page.locator("[data-happening=edit]", { hasText: text }).first();
  await row.waitFor();
  assert.match(await row.innerText(), /archivista cambió los metadatos/);
  assert.deepEqual(await violations(page), []);
  await row.getByRole("button", { name: /^Deshacer/ }).click();
  await page.locator("[data-happening=edit]", { hasText: "deshizo un cambio" }).first().waitFor();
  await tab(page, "Metadatos");
  await until(async () => (await field.inputValue()) === before, "what was before is in the form");
  await tab(page, "Historial");
  await page.getByLabel("Qué se muestra").selectOption("all");
  await page.locator("[data-happening=arrival]").waitFor();
  await page.locator("[data-happening=job]").first().waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("shots are on a timeline under the film: its name leads by keyboard from one to the next, a click to what was clicked", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: FILM });
  await playable(page);
  await page.keyboard.press("k");
  const lane = page.getByRole("button", { name: /^Planos: ir a la siguiente aparición/ });
  await until(async () => (await lane.count()) > 0 || (await page.reload().then(() => false)), "the shots are there");
  await page.locator("[data-lane=shots] > div").first().click();
  await page.waitForFunction(() => document.querySelector("video").currentTime < 0.5);
  await page.getByRole("slider", { name: "Posición" }).press("End");
  await lane.focus();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector("video").currentTime < document.querySelector("video").duration - 0.1);
  await page.getByLabel("Mostrar").selectOption("shots:Planos");
  const one = page.getByRole("button", { name: /^0:00 Plano 1/ });
  await one.waitFor();
  assert.deepEqual(await violations(page), []);
  await one.click();
  await page.waitForFunction(() => document.querySelector("video").currentTime < 0.5);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a tag is added by a person, what a machine saw is rejected and brought back", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: FILM });
  await tab(page, "Etiquetas automáticas");
  const tag = `barrilete ${Date.now()}`;
  await page.getByLabel("Etiqueta", { exact: true }).fill(tag);
  await page.getByRole("button", { name: "Añadir", exact: true }).click();
  await page.getByRole("button", { name: `Rechazar «${tag}»` }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: `Rechazar «${tag}»` }).click();
  await page.getByRole("button", { name: `Rechazar «${tag}»` }).waitFor({ state: "detached" });

  const api = await apiOf(page);
  const [seen] = (await api("GET", `${FILM}/tags?kind=object`)).items;
  if (seen) {
    // whatever the machine saw in it
    await tab(page, "Etiquetas automáticas");
    await page.getByRole("button", { name: `Rechazar «${seen.value}»` }).click();
    await page.getByRole("button", { name: `Devolver «${seen.value}»` }).waitFor();
    await until(async () => (await api("GET", `${FILM}/detections?label=${encodeURIComponent(seen.value)}`)).items.length === 0, "what is rejected is seen no more");
    await page.getByRole("button", { name: `Devolver «${seen.value}»` }).click();
    await page.getByRole("button", { name: `Rechazar «${seen.value}»` }).waitFor();
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("an asset is linked to another by its address, shown from both sides, and unlinked", async () => {
  const { context, page, faults } = await open(browser, { user: "archivista", at: PICTURE });
  await tab(page, "Relacionado");
  await page.getByLabel(/^Dirección o identificador/).fill("no es una dirección");
  await page.getByRole("button", { name: "Enlazar" }).click();
  await page.getByText("Pegue la dirección de la página del otro material.").waitFor();
  await page.getByLabel(/^Dirección o identificador/).fill(`${ORIGIN}${FILM}?t=3`);
  await page.getByRole("button", { name: "Enlazar" }).click();
  const group = page.getByRole("region", { name: "Derivado de" });
  await group.waitFor();
  assert.deepEqual(await violations(page), []);
  await group.getByRole("link").click();
  await page.waitForURL((url) => url.pathname === FILM);
  await tab(page, "Relacionado");
  await page.getByRole("region", { name: "Se ha derivado de este" }).getByRole("button", { name: /^Quitar el enlace/ }).click();
  await page.getByRole("region", { name: "Se ha derivado de este" }).waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("the film plays by DASH too, from where it was, and back by HLS", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: `${FILM}?t=5` });
  await playable(page);
  const choice = page.getByLabel("Protocolo");
  await choice.waitFor();
  await page.waitForFunction(() => document.querySelector("video").currentTime > 5);
  for (const [protocol, list] of [["dash", /\.mpd\?/], ["hls", /\.m3u8\?/]]) {
    const from = await time(page);
    const asked = page.waitForResponse((response) => list.test(response.url()));
    await choice.selectOption(protocol);
    assert.equal((await asked).status(), 200);
    // on from where it was, by itself
    await page.waitForFunction((at) => document.querySelector("video").currentTime > at + 0.5 && document.querySelector("video").videoWidth > 0, from, { timeout: READY_MS });
    assert.equal(await page.getByRole("alert").count(), 0);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("speed, quality, captions, frames, J-K-L and marks work", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: `${FILM}?t=5` });
  await playable(page);
  await page.keyboard.press("k"); // autoplay is allowed here: stand still
  await page.waitForFunction(() => document.querySelector("video").paused);
  const at = await time(page);
  await page.keyboard.press(".");
  await page.waitForFunction((before) => document.querySelector("video").currentTime > before, at);
  assert.ok((await time(page)) - at < 0.1);
  await page.getByLabel("Velocidad").selectOption("2");
  await page.waitForFunction(() => document.querySelector("video").playbackRate === 2);
  const quality = page.getByLabel("Calidad", { exact: true });
  if ((await quality.count()) > 0) await quality.selectOption({ index: 1 });
  await page.getByRole("button", { name: "Subtítulos" }).click();
  await page.waitForFunction(() => [...document.querySelector("video").textTracks].some((track) => track.mode === "showing" && track.cues?.length > 0));
  await page.getByRole("slider", { name: "Posición" }).press("Home");
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("l");
  await page.keyboard.press("l");
  await page.waitForFunction(() => document.querySelector("video").playbackRate >= 2 && document.querySelector("video").currentTime > 1);
  await page.keyboard.press("k");
  await page.keyboard.press("i");
  const marked = await time(page);
  await page.keyboard.press("j");
  await page.waitForFunction((before) => document.querySelector("video").currentTime < before - 0.2, marked);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").playbackRate === 1);
  assert.deepEqual(faults, []);
  await context.close();
});
