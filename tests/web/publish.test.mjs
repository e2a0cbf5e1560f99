// From the asset's page to a channel: what is missing and what it limits beforehand, now or at a time, followed live, taken back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiOf, READY_MS } from "./api.mjs";
import { launch, open } from "./browser.mjs";
import { material } from "./material.mjs";
import { violations } from "./violations.mjs";

const PICTURE = `/assets/${material.picture}`;
const FILM = `/assets/${material.film}`;
const mark = Date.now().toString(36);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const tab = (page, name) => page.getByRole("tab", { name }).click();
const card = (page, id) => page.locator(`[data-channel="${id}"]`);
/** A moment from now, as a `datetime-local` field takes it. */
const local = (hours) => {
  const moment = new Date(Date.now() + hours * 3600_000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Channels of `noticias` that are there while `act` goes on. */
async function withChannels(page, channels, act) {
  const api = await apiOf(page);
  for (const [id, channel] of Object.entries(channels)) await api("PUT", `/channels/${id}`, { projects: ["noticias"], ...channel });
  try {
    await page.reload();
    await tab(page, "Publicación");
    await act(api);
  } finally {
    for (const id of Object.keys(channels)) await api("PATCH", `/channels/${id}`, { enabled: false });
  }
}

const web = (id, more = {}) => ({ name: `Portada ${id}`, type: "web", profile: "thumb-800", settings: { prefix: id, base_url: "https://cdn.example" }, ...more });

test("publishing is followed live, and so is withdrawing", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: PICTURE });
  const id = `portada-${mark}`;
  const { name } = web(id);
  await withChannels(page, { [id]: web(id) }, async () => {
    const shown = card(page, id);
    await shown.getByText("Todo listo para publicar").waitFor();
    assert.deepEqual(await violations(page), []);
    await shown.getByRole("button", { name: `Publicar en ${name}` }).click();
    await shown.locator("[data-publication=published]").waitFor({ timeout: READY_MS });
    await shown.getByRole("button", { name: "Intentos" }).click();
    await shown.getByRole("list", { name: "Intentos" }).getByRole("listitem").first().waitFor();
    await shown.getByRole("button", { name: `Retirar: ${name}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retirar" }).click();
    await shown.locator("[data-publication=withdrawn]").waitFor({ timeout: READY_MS });
    await shown.getByRole("button", { name: `Publicar otra vez: ${name}` }).waitFor();
    assert.deepEqual(await violations(page), []);
  });
  assert.deepEqual(faults, []);
  await context.close();
});

test("a channel says beforehand what it limits, what does not fit, and what has to be made first", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: FILM });
  const [short, later, picture] = ["corto", "luego", "foto"].map((name) => `${name}-${mark}`);
  const channels = {
    [short]: { name: short, type: "youtube", profile: "proxy", settings: { requirements: { most_duration_s: 1.5, title_most: 3 } } },
    [later]: web(later, { profile: "broadcast" }),
    [picture]: web(picture, { profile: "thumb-300" }),
  };
  await withChannels(page, channels, async () => {
    const limits = card(page, short).getByRole("list", { name: "Qué limita el canal" });
    await limits.getByText(/^Tamaño: .*MB \(hasta .*\)$/).waitFor();
    await limits.getByText(/^Proporción: \d+:\d+ \(de 1:4 a 4:1\)$/).waitFor();
    const missing = card(page, short).getByRole("list", { name: "Qué falta" });
    await missing.getByText(/^Duración: .*\(hasta 0:01\)$/).waitFor();
    await missing.getByText(/^Título: \d+ caracteres \(hasta 3 caracteres\)$/).waitFor();
    assert.ok(await card(page, short).getByRole("button", { name: `Publicar en ${short}` }).isDisabled());
    await card(page, later).locator("[data-standing=later]").getByText(/se hará al publicar$/).waitFor();
    assert.ok(await card(page, later).getByRole("button", { name: /^Publicar en/ }).isEnabled());
    await card(page, picture).locator("[data-standing=no]").getByText(/^Este tipo de material no tiene/).waitFor();
    assert.ok(await card(page, picture).getByRole("button", { name: /^Publicar en/ }).isDisabled());
    assert.deepEqual(await violations(page), []);
  });
  assert.deepEqual(faults, []);
  await context.close();
});

test("what is scheduled waits for its time, says so, and is called off before anything was sent", async () => {
  const { context, page, faults } = await open(browser, { user: "admin", at: PICTURE });
  const id = `agenda-${mark}`;
  const { name } = web(id);
  await withChannels(page, { [id]: web(id) }, async (api) => {
    const shown = card(page, id);
    await shown.getByRole("button", { name: `Programar: ${name}` }).click();
    await shown.getByLabel("Publicar el").fill(local(30));
    await shown.getByLabel(/^Retirar el/).fill(local(20));
    await shown.getByRole("button", { name: `Programar en ${name}` }).click();
    await shown.getByRole("alert").waitFor(); // it would end before it begins
    await shown.getByLabel(/^Retirar el/).fill(local(48));
    assert.deepEqual(await violations(page), []);
    await shown.getByRole("button", { name: `Programar en ${name}` }).click();
    await shown.locator("[data-publication=waiting]").waitFor({ timeout: READY_MS });
    await shown.getByText(/se publicará el .* se retirará el /).waitFor();
    const [publication] = (await api("GET", `${PICTURE}/publications`)).items.filter(({ channel_id: channel }) => channel === id);
    assert.ok(Date.parse(publication.publish_at) > Date.now() + 29 * 3600_000);
    await shown.getByRole("button", { name: `Retirar: ${name}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retirar" }).click();
    await shown.locator("[data-publication=withdrawn]").waitFor({ timeout: READY_MS });
    const after = await api("GET", `/publications/${publication.id}`);
    assert.deepEqual([after.live, after.sent_bytes], [false, 0]);
  });
  assert.deepEqual(faults, []);
  await context.close();
});
