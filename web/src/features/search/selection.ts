/** Which results are chosen, for what is done to several at once. Bounded by what one request may change. Pure. */
import type { Hit } from "./api/answers";

export const MOST_SELECTED = 500;

export type Chosen = Pick<Hit, "asset_id" | "title" | "project_id">;

export interface Selection {
  chosen: ReadonlyMap<string, Chosen>;
  /** Where a range begins: the asset that was toggled last. */
  anchor: string | null;
  /** Something was left out because there was no more room. */
  full: boolean;
}

export const NONE: Selection = { chosen: new Map(), anchor: null, full: false };

const chosenOf = ({ asset_id, title, project_id }: Chosen): Chosen => ({ asset_id, title, project_id });

/** One more, or one less. */
export function toggle(selection: Selection, hit: Chosen): Selection {
  const chosen = new Map(selection.chosen);
  if (chosen.delete(hit.asset_id)) return { chosen, anchor: hit.asset_id, full: false };
  if (chosen.size >= MOST_SELECTED) return { ...selection, full: true };
  return { chosen: chosen.set(hit.asset_id, chosenOf(hit)), anchor: hit.asset_id, full: false };
}

/** Everything between the anchor (or else the first one) and this one is chosen too. */
export function extend(selection: Selection, hits: readonly Chosen[], to: number): Selection {
  const from = Math.max(0, hits.findIndex((hit) => hit.asset_id === selection.anchor));
  const [first, last] = from < to ? [from, to] : [to, from];
  return { ...all(selection, hits.slice(first, last + 1)), anchor: selection.anchor ?? hits[from]?.asset_id ?? null };
}

/** All of these too, as many as there is room for. */
export function all(selection: Selection, hits: readonly Chosen[]): Selection {
  const chosen = new Map(selection.chosen);
  let full = false;
  for (const hit of hits) {
    if (chosen.has(hit.asset_id)) continue;
    if (chosen.size >= MOST_SELECTED) {
      full = true;
      break;
    }
    chosen.set(hit.asset_id, chosenOf(hit));
  }
  return { chosen, anchor: selection.anchor, full };
}
