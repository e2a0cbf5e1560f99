import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { READY_MS } from "./api.mjs";
import { launch, open } from "./browser.mjs";
import { material } from "./material.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const time = (page) => page.locator("video").evaluate((video) => video.currentTime);

/** The mean of a frame's brightness, 0 to 255; canvases read what CORS lets them. */
const brightness = (page) =>
  page.locator("video").evaluate((video) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 64, 36);
    const { data } = context.getImageData(0, 0, 64, 36);
    return data.reduce((sum, value, index) => (index % 4 === 3 ? sum : sum + value), 0) / (64 * 36 * 3);
  });

test("from the box to the second that was spoken, without a mouse", async () => {
  const { context, page, faults } = await open(browser, { user: "editora" });
  await page.keyboard.press("/");
  await page.keyboard.type(material.word, { delay: 30 });
  await page.waitForURL((url) => url.searchParams.get("q") === material.word);
  await page.locator("mark", { hasText: material.word }).first().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowDown");
  const film = page.locator(`[data-result][href*="${material.film}"]`);
  await film.waitFor();
  await page.waitForFunction(() => document.activeElement?.matches("[data-result]"));
  for (let steps = 0; steps < 20; steps++) {
    if (await film.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press("ArrowRight");
  }
  await page.keyboard.press("Enter");
  await page.locator("video").waitFor();
  await page.waitForFunction(() => document.querySelector("video")?.readyState >= 3 && document.querySelector("video").currentTime > 0);
  const started = await time(page);
  assert.ok(started >= material.second - 0.1 && started < material.second + 8, `it plays from ${started}, said at ${material.second}`);
  await page.waitForFunction((from) => document.querySelector("video").currentTime > from + 0.5, started);
  assert.ok((await brightness(page)) > 10, "the frame is black");
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector("video").paused);
  assert.deepEqual(faults, []);
  await context.close();
});

test("keys of an edit suite: frames, marks, the marked range and no more", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: `/assets/${material.film}` });
  await page.waitForFunction(() => document.querySelector("video")?.readyState >= 2, undefined, { timeout: READY_MS });
  const clock = page.getByTestId("clock");
  for (const key of [".", ".", "."]) await page.keyboard.press(key);
  await page.waitForFunction(() => document.querySelector("[data-testid=clock]").textContent === "00:00:00:03");
  await page.keyboard.press(",");
  await page.waitForFunction(() => document.querySelector("[data-testid=clock]").textContent === "00:00:00:02");
  await page.keyboard.press("i");
  for (let frame = 0; frame < 20; frame++) await page.keyboard.press(".");
  await page.keyboard.press("o");
  await page.getByText("dura 0:00.8").waitFor();
  await page.keyboard.press("p");
  await page.waitForFunction(() => !document.querySelector("video").paused);
  await page.waitForFunction(() => document.querySelector("video").paused);
  assert.ok(Math.abs((await time(page)) - 22.5 / 25) < 1 / 25, `it stopped at ${await time(page)} (${await clock.textContent()})`);
  await page.keyboard.press("l");
  await page.waitForFunction(() => !document.querySelector("video").paused);
  await page.keyboard.press("l");
  await page.waitForFunction(() => document.querySelector("video").playbackRate === 2);
  await page.keyboard.press("k");
  await page.locator("video").evaluate((video) => (video.currentTime = 3));
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.querySelector("video").currentTime < 2.5);
  await page.keyboard.press("k");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the address holds the whole search, and back goes back", async () => {
  const { context, page } = await open(browser, { user: "archivista" });
  await page.getByLabel(/^Imagen/).check();
  await page.waitForURL((url) => url.searchParams.get("type") === "image");
  await page.getByRole("button", { name: "Lista" }).click();
  await page.waitForURL((url) => url.searchParams.get("view") === "list");
  await page.getByLabel("Orden").selectOption("oldest");
  await page.waitForURL((url) => url.searchParams.get("sort") === "oldest");
  const shared = page.url();
  for (let steps = 0; steps < 3; steps++) await page.goBack();
  await page.waitForURL((url) => url.search === "");
  assert.equal(await page.getByLabel(/^Imagen/).isChecked(), false);
  await page.goto(shared);
  await page.getByLabel(/^Imagen/).waitFor();
  assert.equal(await page.getByLabel(/^Imagen/).isChecked(), true);
  assert.equal(await page.getByLabel("Orden").inputValue(), "oldest");
  await context.close();
});

test("what finds nothing says what to try, and a mistyped word is forgiven with a word about it", async () => {
  const { context, page } = await open(browser, { user: "editora", at: "/?q=zzzzqqqq" });
  await page.getByText("Nada coincide con «zzzzqqqq»").waitFor();
  await page.locator("input[role=combobox]").fill(material.mistyped);
  await page.getByText("se muestran las más parecidas").waitFor();
  await page.locator(`[href*="${material.film}"]`).first().waitFor();
  await context.close();
});

test("what is said has a view of its own, and a sentence leads to its second", async () => {
  const { context, page } = await open(browser, { user: "editora", at: `/?q=${material.word}&view=said` });
  await page.locator(`[data-result][href*="${material.film}"]`).first().click();
  await page.waitForURL((url) => Math.abs(Number(url.searchParams.get("t")) - material.second) < 0.2);
  await page.locator("[aria-current=true]", { hasText: material.word }).waitFor();
  await context.close();
});

test("a service that does not answer is said, and asked again", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  await page.route("**/api/v1/search/assets*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"title":"busy","status":503}' }));
  await page.locator("input[role=combobox]").fill("algo");
  await page.keyboard.press("Enter");
  await page.getByText("El servicio no responde en este momento.").waitFor({ timeout: 20_000 });
  await page.unroute("**/api/v1/search/assets*");
  await page.getByRole("button", { name: "Reintentar" }).click();
  await page.getByText("El servicio no responde en este momento.").waitFor({ state: "detached" });
  await context.close();
});
