/** Qualities for people: one a height, the tallest first. Pure. */
import type { Level } from "./stream";

/** `index` is that of the engine's own list; of two with one height the better is offered. */
export function levelsOf(variants: readonly { height: number; bitrate: number }[]): Level[] {
  const best = new Map<number, Level>();
  for (const [index, { height, bitrate }] of variants.entries()) {
    const known = best.get(height);
    const level = { index, height, kbps: Math.round(bitrate / 1000) };
    if (!known || known.kbps < level.kbps) best.set(height, level);
  }
  return [...best.values()].sort((a, b) => b.height - a.height);
}
