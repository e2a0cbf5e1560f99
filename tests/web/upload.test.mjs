import assert from "node:assert/strict";
import { copyFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { fresh } from "./material.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const PART = 5 * 1024 * 1024;
const READY_MS = Number(process.env.READY_MS ?? 180_000);
const choose = (page, files) => page.locator("input[type=file]:not([webkitdirectory])").setInputFiles(files);
const row = (page, name) => page.locator("li", { hasText: name });
const partOf = (request) => (request.method() === "PUT" ? new URL(request.url()).searchParams.get("partNumber") : null);

test("a picture goes in and is followed until it is ready; the same again is told to be a duplicate", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: "/upload" });
  const picture = fresh("picture", "foto.jpg");
  await choose(page, [picture]);
  await row(page, "foto.jpg").getByText("Listo").waitFor({ timeout: READY_MS });
  const again = path.join(path.dirname(picture), "otra.jpg");
  copyFileSync(picture, again);
  await choose(page, [again]);
  await row(page, "otra.jpg").getByText("mismo contenido que otro material").waitFor({ timeout: READY_MS });
  await row(page, "foto.jpg").getByRole("link").click();
  await page.getByRole("img", { name: "foto.jpg" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a film survives a reload and a lost connection, and no part that had arrived is sent again", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: "/upload" });
  page.on("dialog", (dialog) => dialog.accept());
  const network = await context.newCDPSession(page);
  const slow = (bytes) => network.send("Network.emulateNetworkConditions", { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: bytes });
  await network.send("Network.enable");
  await slow(4_000_000);

  const film = fresh("film", "largo.mp4");
  const count = Math.ceil(statSync(film).size / PART);
  assert.ok(count >= 3, `the film has ${count} parts: too few to be cut off in the middle`);
  const arrived = [];
  page.on("requestfinished", (request) => partOf(request) && arrived.push(partOf(request)));
  await choose(page, [film]);
  while (arrived.length < 1) await page.waitForEvent("requestfinished", { timeout: 60_000 });
  const before = new Set(arrived);
  await Promise.all([page.waitForEvent("load"), page.reload()]);
  const sent = [];
  page.on("request", (request) => partOf(request) && sent.push(partOf(request)));
  await row(page, "largo.mp4").waitFor();
  await context.setOffline(true);
  await page.waitForTimeout(500); // a moment without a network is the point
  await context.setOffline(false);
  await slow(-1);
  await row(page, "largo.mp4").getByRole("link").waitFor({ timeout: 60_000 });
  assert.deepEqual([...before].filter((part) => sent.includes(part)), [], "parts that had arrived were sent again");
  await row(page, "largo.mp4").getByText("Listo").waitFor({ timeout: READY_MS });
  assert.deepEqual(faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(fault)), []);
  await context.close();
});

test("an upload stands still when it is paused, goes on when it is resumed, and is gone when it is removed", async () => {
  const { context, page } = await open(browser, { user: "editora", at: "/upload" });
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", { offline: false, latency: 5, downloadThroughput: -1, uploadThroughput: 3_000_000 });
  await choose(page, [fresh("film", "pausa.mp4")]);
  await page.waitForRequest((request) => partOf(request) !== null);
  await page.getByRole("button", { name: "Pausar pausa.mp4" }).click();
  await row(page, "pausa.mp4").getByText("en pausa").waitFor();
  await page.getByRole("button", { name: "Reanudar pausa.mp4" }).click();
  await page.waitForRequest((request) => partOf(request) !== null);
  const aborted = page.waitForResponse((response) => response.url().endsWith("/assets/upload/abort"));
  await page.getByRole("button", { name: "Quitar pausa.mp4" }).click();
  assert.equal((await aborted).status(), 204);
  await row(page, "pausa.mp4").waitFor({ state: "detached" });
  await context.close();
});
