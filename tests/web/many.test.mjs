// What has many parts: a result of a hundred thousand, a folder of files, the peaks of a recording.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { READY_MS } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { fresh, material } from "./material.mjs";

const TOTAL = 100_000;
const FAR = 2_000;
/** More than any window shows, and far less than there are. */
const DRAWN_AT_MOST = 150;
const mark = Date.now().toString(36);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const hitOf = (number) => ({
  asset_id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
  name: `f${number}.jpg`, title: `Foto ${number}`, kind: "image", project_id: "noticias", created_at: "2026-11-24T10:00:00Z",
  duration_s: null, language: null, score: 1, why: [], rights_flags: [], status: "ready", highlights: {}, passages: [],
}); // prettier-ignore

/** The search service's answer, from as large an archive as nobody fills for a test. */
async function answerMany(route) {
  const query = new URL(route.request().url()).searchParams;
  const from = Number(query.get("cursor") ?? 0);
  const size = Number(query.get("limit") ?? 30);
  const hits = Array.from({ length: Math.min(size, TOTAL - from) }, (_, index) => hitOf(from + index));
  const next = from + size < TOTAL ? String(from + size) : null;
  await route.fulfill({ json: { hits, total: TOTAL, next, facets: {}, partial: false, typos: false, ignored: [], index: "live", took_ms: 4 } });
}

test("of a hundred thousand results only what is seen is drawn, however far one goes", async () => {
  const { context, page, faults } = await open(browser, { user: "editora" });
  await page.route("**/api/v1/search/assets*", answerMany);
  await page.goto(`${ORIGIN}/?q=foto`);
  await page.locator("h1", { hasText: "100.000 resultados" }).waitFor();
  await page.locator('[data-result="0"]').focus();
  const drawn = () => page.locator("li[aria-posinset]").count();
  for (let place = 0; place < FAR; ) {
    await page.keyboard.press("End");
    await page.waitForFunction((before) => Number(document.activeElement?.dataset.result ?? -1) > before, place);
    place = await page.evaluate(() => Number(document.activeElement.dataset.result));
    assert.ok((await drawn()) < DRAWN_AT_MOST, `${await drawn()} results are drawn`);
    await page.waitForFunction((at) => Number(document.querySelector("li[aria-setsize]").getAttribute("aria-setsize")) > at + 1, place);
  }
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.activeElement?.dataset.result === "0");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder goes in with all that is in it, however deep, and without what the system hides there", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "acervo-folder-"));
  try {
    mkdirSync(path.join(folder, "tarde", "plaza"), { recursive: true });
    const inside = { [`uno-${mark}.jpg`]: ".", [`dos-${mark}.jpg`]: "tarde", [`tres-${mark}.jpg`]: "tarde/plaza" };
    for (const [name, where] of Object.entries(inside)) renameSync(fresh("picture", name), path.join(folder, where, name));
    writeFileSync(path.join(folder, ".DS_Store"), "nothing for an archive");
    const { context, page, faults } = await open(browser, { user: "archivista", at: "/upload" });
    await page.locator("input[type=file][webkitdirectory]").setInputFiles(folder);
    for (const name of Object.keys(inside)) await page.locator("li", { hasText: name }).getByText("Listo").waitFor({ timeout: READY_MS });
    await page.getByText("3 archivos subidos").waitFor();
    assert.equal(await page.locator("li", { hasText: ".DS_Store" }).count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a recording shows the shape of its sound, and a click on it is heard from there", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: `/assets/${material.sound}` });
  await page.waitForFunction(() => document.querySelector("audio")?.readyState >= 2, undefined, { timeout: READY_MS });
  const shape = page.locator("canvas").first();
  await shape.waitFor();
  await page.locator("audio").evaluate((audio) => {
    audio.pause(); // what is heard by itself would get there as well
    audio.currentTime = 0;
  });
  const { x, y, width, height } = await page.locator("audio + div").boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2);
  await page.waitForFunction(() => Math.abs(document.querySelector("audio").currentTime / document.querySelector("audio").duration - 0.5) < 0.2);
  assert.deepEqual(faults, []);
  await context.close();
});
