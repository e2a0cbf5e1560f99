/**
 * What editors write about an asset, as flat fields, and how three versions of it come together. Pure.
 *
 * `base` is what was read, `mine` what was made of it here, `theirs` what somebody else saved meanwhile. A field that only one side changed is
 * taken from that side; one that both changed to different values is a conflict, and a person decides.
 */
import type { Asset, AssetEdit } from "~/api/client";

export const LINES = ["title", "byline", "credit", "source", "event", "created_on"] as const;
export const PROSE = ["description", "caption"] as const;
export const NAMES = ["keywords", "people", "places"] as const;
export const RIGHTS_LINES = ["licence", "holder"] as const;
export const MOMENTS = ["embargo_until", "valid_from", "valid_until"] as const;

const METADATA = [...LINES, ...PROSE, ...NAMES] as const;
const RIGHTS = [...RIGHTS_LINES, "terms", ...MOMENTS] as const;
const COLUMNS = ["name", "language"] as const;
export const FIELDS = [...COLUMNS, ...METADATA, ...RIGHTS] as const;
export type Field = (typeof FIELDS)[number];
export type Draft = Record<Field, string | string[]>;

type Columns = Pick<Asset, "name" | "language" | "metadata" | "rights">;

const isNames = (field: Field): boolean => (NAMES as readonly Field[]).includes(field);

function read(field: Field, raw: unknown): string | string[] {
  if (isNames(field)) return Array.isArray(raw) ? raw.filter((value): value is string => typeof value === "string") : [];
  return typeof raw === "string" ? raw : "";
}

export function draftOf(asset: Columns): Draft {
  const place = (field: Field): unknown => {
    if ((COLUMNS as readonly Field[]).includes(field)) return asset[field as (typeof COLUMNS)[number]];
    return (METADATA as readonly Field[]).includes(field) ? asset.metadata[field] : asset.rights[field];
  };
  return Object.fromEntries(FIELDS.map((field) => [field, read(field, place(field))])) as Draft;
}

export const same = (a: string | string[], b: string | string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export const changedFields = (base: Draft, mine: Draft): Field[] => FIELDS.filter((field) => !same(base[field], mine[field]));

/** A merge patch (RFC 7396) of what was changed: null removes. */
export function toEdit(base: Draft, mine: Draft): AssetEdit {
  const edit: Record<string, unknown> = {};
  const group = (name: "metadata" | "rights") => (edit[name] ??= {}) as Record<string, unknown>;
  for (const field of changedFields(base, mine)) {
    const value = mine[field].length > 0 ? mine[field] : null;
    if ((COLUMNS as readonly Field[]).includes(field)) edit[field] = value;
    else group((METADATA as readonly Field[]).includes(field) ? "metadata" : "rights")[field] = value;
  }
  return edit;
}

export interface Merged {
  draft: Draft;
  /** Changed on both sides, differently. `draft` keeps mine there. */
  conflicts: Field[];
}

export function merge(base: Draft, mine: Draft, theirs: Draft): Merged {
  const draft = { ...mine };
  const conflicts: Field[] = [];
  for (const field of changedFields(base, theirs)) {
    if (same(base[field], mine[field])) draft[field] = theirs[field];
    else if (!same(mine[field], theirs[field])) conflicts.push(field);
  }
  return { draft, conflicts };
}
