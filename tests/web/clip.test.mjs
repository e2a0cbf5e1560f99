import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { READY_MS } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";


let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("selected words become a range, the range a clip, the clip a file", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: `/assets/${material.film}` });
  await page.waitForFunction(() => document.querySelector("video")?.readyState >= 2, undefined, { timeout: READY_MS });
  const line = page.locator("li", { hasText: material.word }).first();
  await line.evaluate((element) => {
    const words = [...element.querySelectorAll("[data-start]")];
    const range = document.createRange();
    range.setStartBefore(words[0]);
    range.setEndAfter(words.at(-1));
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
  });
  await page.getByRole("button", { name: /^Marcar lo seleccionado/ }).click();
  await page.getByText(/^dura 0:0/).waitFor();
  await page.getByRole("button", { name: "Pedir el fragmento" }).click();
  const ready = page.getByRole("button", { name: "Descargar el fragmento" });
  await ready.waitFor({ timeout: READY_MS });
  const download = page.waitForEvent("download");
  await ready.click();
  assert.match((await download).suggestedFilename(), /\.mp4$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a range is an address: whoever opens it has the same marks", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  await page.goto(`${ORIGIN}/assets/${material.film}?in=1.5&out=3.5`);
  await page.getByText("dura 0:02.0").waitFor();
  await context.close();
});
