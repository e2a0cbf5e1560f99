// The API, asked beside the page: to make what a test needs, and to look at what became of it.
import assert from "node:assert/strict";
import { ORIGIN } from "./browser.mjs";

/** How long the platform may take for something that it does by itself. */
export const READY_MS = Number(process.env.READY_MS ?? 180_000);

/** What the page's own person may ask, with the token that the page uses. */
export async function apiOf(page) {
  const asked = page.waitForRequest((request) => request.url().includes("/api/v1/") && "authorization" in request.headers());
  await page.reload();
  const { authorization } = (await asked).headers();
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${ORIGIN}/api/v1${path}`, { method, headers: { authorization, "content-type": "application/json", ...headers }, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
}

/** What the condition gives, once it gives something. */
export async function until(condition, what, ms = READY_MS) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail(`waited in vain: ${what}`);
}
