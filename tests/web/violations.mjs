// What axe-core finds by the rules of WCAG 2.0 to 2.2, A and AA, as lines that say where.
import axe from "axe-core";

export const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** MUI slides and fades in, and half-faded text has no contrast: the least that is waited, and the most. */
const FADE_MS = 400;
const STILL_MS = 30_000;

export async function violations(page, rules = WCAG) {
  await page.waitForTimeout(FADE_MS);
  await page.waitForFunction(
    () => document.getAnimations().every((moving) => moving.playState !== "running" || moving.effect?.getComputedTiming().iterations === Infinity),
    undefined,
    { timeout: STILL_MS },
  );
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), rules);
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary.split("\n")[1]?.trim()}`).join(" | ")}`);
}
