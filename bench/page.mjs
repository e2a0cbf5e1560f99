// What bench/page.py measures, in a browser: lines of JSON on the standard output. ACERVO_URL and ACERVO_PEOPLE as tests/web wants them.
//
//   node bench/page.mjs ROUNDS FILM WORDS…     FILM: an asset's id, or "-" for the first ready film
import { launch, open, ORIGIN } from "../tests/web/browser.mjs";

const [rounds, film, ...words] = process.argv.slice(2);
const ROUNDS = Number(rounds);
const USER = process.env.ACERVO_USER ?? "admin";
const LONGEST_MS = 30_000;
/** An answer that changes nothing on the page is not seen to be painted: such a key is left out. */
const UNCHANGED_MS = 1_500;
/** Between two keys, as people type. */
const PACE_MS = 180;
const say = (what, values) => process.stdout.write(`${JSON.stringify({ what, ...values })}\n`);

const browser = await launch();
const { context, page } = await open(browser, { user: USER });

/**
 * From the last key (as the browser dates it) to the frame after the one in which its answer is in the page.
 *
 * Null when the answer changed nothing. `asked`: the request began, what the box waited to see whether there is more; `answered`: it was here; `painted`.
 */
async function keystroke(key, query) {
  await page.evaluate(
    ([wanted, longest, unchanged]) => {
      globalThis.measured = new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer to ${wanted}`)), longest);
        const changes = [];
        let pressed = 0;
        let request = null;
        window.addEventListener("keydown", (event) => (pressed = event.timeStamp), { once: true, capture: true });
        const changed = new MutationObserver(() => {
          const at = performance.now();
          // the frame that has the change, and the beginning of the next: by then the first was drawn
          requestAnimationFrame(() => requestAnimationFrame((painted) => (changes.push({ at, painted }), look())));
        });
        const answered = new PerformanceObserver((list) => {
          request ??= list.getEntries().find(({ name }) => {
            const url = new URL(name);
            return url.pathname === "/api/v1/search/assets" && url.searchParams.get("q") === wanted && url.searchParams.get("facets") === "false"; // counts come after
          });
          if (request) setTimeout(() => end(null), unchanged);
          look();
        });
        const look = () => {
          const shown = request && changes.find(({ at }) => at >= request.responseEnd);
          if (shown) end({ asked: request.startTime - pressed, answered: request.responseEnd - pressed, painted: shown.painted - pressed });
        };
        const end = (result) => {
          clearTimeout(timer);
          answered.disconnect();
          changed.disconnect();
          resolve(result);
        };
        answered.observe({ type: "resource" });
        changed.observe(document.getElementById("main"), { subtree: true, childList: true, characterData: true, attributes: true });
      });
    },
    [query, LONGEST_MS, UNCHANGED_MS],
  );
  await page.keyboard.press(key);
  return page.evaluate(() => globalThis.measured);
}

/** The same question without a page: fetch, in the same browser. */
const bare = (query) =>
  page.evaluate(async (q) => {
    const kept = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:"));
    const token = JSON.parse(sessionStorage.getItem(kept)).access_token;
    const started = performance.now();
    const response = await fetch(`/api/v1/search/assets?limit=30&facets=false&q=${encodeURIComponent(q)}`, { headers: { authorization: `Bearer ${token}` } });
    await response.json();
    return performance.now() - started;
  }, query);

const box = page.locator("input[role=combobox]");
for (let round = 0; round < ROUNDS; round++) {
  for (const word of words) {
    await page.goto(ORIGIN);
    await page.locator("[data-result]").first().waitFor();
    await box.focus();
    for (let end = 1; end <= word.length; end++) {
      const query = word.slice(0, end);
      const sample = await keystroke(word[end - 1], query);
      if (sample) say("keystroke", sample);
      await page.waitForTimeout(PACE_MS);
    }
    say("fetch", { ms: await bare(word) });
  }
}

/** When the first frame of the page's film is on the screen, by the browser's own clock, since navigation began or `from`. */
const firstFrame = (target, from = 0) =>
  target.evaluate(
    ([start, longest]) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("no frame was shown")), longest);
        const look = () => {
          const video = document.querySelector("video");
          if (!video) { requestAnimationFrame(look); return; }
          const done = (at) => {
            clearTimeout(timer);
            resolve(at - start);
          };
          if (video.readyState >= 2) requestAnimationFrame(done);
          else video.addEventListener("loadeddata", () => requestAnimationFrame(done), { once: true });
        };
        look();
      }),
    [from, LONGEST_MS],
  );

await page.goto(`${ORIGIN}/?type=video&status=ready`);
const first = page.locator("[data-result]").first();
await first.waitFor();
const address = film === "-" ? await first.getAttribute("href") : `/assets/${film}`;
const id = new URL(address, ORIGIN).pathname.split("/").pop();
for (let round = 0; round < ROUNDS; round++) {
  // somebody follows a link: everything is loaded but the film
  await page.goto(`${ORIGIN}${new URL(address, ORIGIN).pathname}`);
  say("asset page", { ms: await firstFrame(page) });
  // somebody comes from the results
  await page.goto(`${ORIGIN}/?type=video&status=ready`);
  const hit = page.locator(`[data-result][href*="${id}"]`).first();
  await hit.waitFor();
  const from = await page.evaluate(() => performance.now());
  await hit.click();
  say("from the results", { ms: await firstFrame(page, from) });
  // a bare <video> with the same film's small file
  say("bare video", { ms: await bareVideo(id) });
}

async function bareVideo(asset) {
  return page.evaluate(
    async ([which, longest]) => {
      const kept = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:"));
      const token = JSON.parse(sessionStorage.getItem(kept)).access_token;
      const started = performance.now();
      const response = await fetch(`/api/v1/assets/${which}/downloads`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ what: "web" }),
      });
      const { url } = await response.json();
      const video = document.createElement("video");
      video.muted = true;
      video.src = url;
      document.body.append(video);
      await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error("no frame was shown")), longest);
        video.addEventListener("loadeddata", () => requestAnimationFrame(resolve), { once: true });
      });
      const taken = performance.now() - started;
      video.remove();
      return taken;
    },
    [asset, LONGEST_MS],
  );
}

await context.close();
await browser.close();
