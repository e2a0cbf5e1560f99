// Looking into pictures: by keys, buttons, wheel, drag and pinch; large ones down to their last pixel, tile by tile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { apiOf, READY_MS, until } from "./api.mjs";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";
import { violations } from "./violations.mjs";

const PICTURE = `/assets/${material.picture}`;
const LARGE = { width: 5200, height: 3400 };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const viewer = (page) => page.getByRole("application");
const zoom = (page) => page.getByRole("group", { name: "Ampliación" });
/** Pixels of the screen for each of the picture's, in percent; once it has come to rest, elsewhere than it `was`. */
async function share(page, was = Number.NaN) {
  const read = async () => Number.parseInt((await zoom(page).getByRole("status").textContent()) ?? "", 10);
  let before = Number.NaN;
  return until(async () => {
    const now = await read();
    const rests = now === before;
    before = now;
    return rests && now !== was ? now : null;
  }, "the picture rests");
}
/** How many colours the middle of the window has, as it is seen: a picture that is not drawn has one. */
async function colours(page) {
  const box = await viewer(page).boundingBox();
  const clip = { x: box.x + box.width / 2 - 60, y: box.y + box.height / 2 - 60, width: 120, height: 120 };
  const seen = (await page.screenshot({ clip })).toString("base64");
  const blank = await page.context().newPage(); // the page's own policy has no room for this
  const count = await blank.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return new Set(Array.from({ length: data.length / 4 }, (_, at) => data[4 * at] * 65536 + data[4 * at + 1] * 256 + data[4 * at + 2])).size;
  }, seen);
  await blank.close();
  return count;
}

test("a picture is looked into by keys, by buttons and by the wheel, and back to the whole", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: PICTURE });
  await viewer(page).waitFor();
  const whole = await share(page);
  await viewer(page).focus();
  await page.keyboard.press("+");
  const nearer = await share(page, whole);
  await page.keyboard.press("+");
  const near = await share(page, nearer);
  assert.ok(near > whole * 1.3, `${near} % after ${whole} %`);
  const seen = async () => (await viewer(page).screenshot()).toString("base64");
  const shows = async (act, what) => {
    const before = await seen();
    await act();
    await until(async () => (await seen()) !== before, what);
  };
  await shows(() => page.keyboard.press("ArrowDown"), "an arrow key moves it");
  const box = await viewer(page).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await shows(async () => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 60, y - 40, { steps: 4 });
    await page.mouse.up();
  }, "it is dragged");
  assert.equal(await share(page), near);
  await viewer(page).focus();
  await page.keyboard.press("0");
  assert.equal(await share(page, near), whole);
  await zoom(page).getByRole("button", { name: "Ampliar" }).click();
  const once = await share(page, whole);
  assert.ok(once > whole);
  await zoom(page).getByRole("button", { name: "Imagen completa" }).click();
  assert.equal(await share(page, once), whole);
  await viewer(page).hover();
  await page.mouse.wheel(0, -300);
  assert.ok((await share(page, whole)) > whole);
  await zoom(page).getByRole("button", { name: "Reducir" }).click();
  await page.keyboard.press("r"); // no key turns it
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("two fingers bring a picture nearer on a phone", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: PICTURE, width: 390, height: 844 });
  await viewer(page).waitFor();
  const whole = await share(page);
  const box = await viewer(page).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await context.newCDPSession(page);
  const fingers = (apart) => [{ x: x - apart, y, id: 1 }, { x: x + apart, y, id: 2 }];
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: fingers(20) });
  for (const apart of [30, 50, 80, 110]) await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: fingers(apart) });
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  assert.ok((await share(page, whole)) > whole * 1.5);
  assert.deepEqual(faults, []);
  await context.close();
});

/** A JPEG of many megapixels, drawn by the browser itself. */
const draw = (page) =>
  page.evaluate(async ({ width, height }) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    for (let n = 0; n < 900; n++) {
      context.fillStyle = `hsl(${(n * 47) % 360} 70% ${30 + ((n * 13) % 50)}%)`;
      context.fillRect((n * 977) % width, (n * 613) % height, 60 + ((n * 31) % 300), 60 + ((n * 17) % 300));
    }
    context.fillStyle = "white";
    context.font = "40px sans-serif";
    for (let row = 1; row < 60; row++) context.fillText(`${Math.random()} `.repeat(14), 20, row * 56);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  }, LARGE);

test("whoever looks closer at a large picture gets its own pixels, by tiles of one file", async () => {
  const { context, page, faults } = await open(browser, { user: "editora", at: "/upload" });
  const buffer = Buffer.from(await draw(page), "base64");
  await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles({ name: "grande.jpg", mimeType: "image/jpeg", buffer });
  const link = page.getByRole("link", { name: "grande.jpg" });
  await link.waitFor({ timeout: READY_MS });
  const at = await link.getAttribute("href");
  const api = await apiOf(page);
  await until(async () => (await api("GET", at)).status === "ready", "the picture is ready");
  await page.goto(ORIGIN + at);
  await viewer(page).waitFor();
  await page.locator("[data-detail=idle]").waitFor();
  const ranges = [];
  page.on("response", (response) => response.url().includes("/tiles/tiles.szi") && response.request().method() === "GET" && ranges.push(response.status()));
  await viewer(page).focus();
  let at100 = await share(page);
  for (let press = 0; press < 8 && at100 < 100; press++) {
    await page.keyboard.press("+");
    at100 = await share(page, at100);
  }
  assert.ok(at100 >= 100, "down to its own pixels");
  await page.locator("[data-detail=there]").waitFor({ timeout: READY_MS });
  await until(() => ranges.length >= 3, "tiles are fetched");
  assert.ok(ranges.every((status) => status === 206), `${ranges}`);
  await until(async () => (await colours(page)) > 50, "the tiles are drawn");
  const { renditions } = await api("GET", at);
  const { detail, size_bytes: size } = renditions.find(({ profile }) => profile === "tiles");
  assert.deepEqual([detail.width, detail.height], [LARGE.width, LARGE.height]);
  assert.ok(size > 0);
  // who comes later has them at once
  await page.reload();
  await page.locator("[data-detail=there]").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
