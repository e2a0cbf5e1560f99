/** The same change of several assets: what was filled in, and nothing else, as the API takes it. Pure. */
import type { components } from "~/api/schema";

export type BulkEdit = components["schemas"]["BulkEdit"];

export const WORDS = ["keywords", "people", "places"] as const;
export const LINES = ["description", "byline", "credit", "source", "event"] as const;
export const RIGHTS = ["licence", "holder", "terms"] as const;
export const MOMENTS = ["embargo_until", "valid_until"] as const;
export type Word = (typeof WORDS)[number];
export type Line = (typeof LINES)[number] | (typeof RIGHTS)[number] | (typeof MOMENTS)[number] | "language" | "created_on";

export interface Change {
  add: Partial<Record<Word, string>>;
  remove: Partial<Record<Word, string>>;
  /** A field that is not here stays as it is; null empties it. Moments are as `datetime-local` has them. */
  set: Partial<Record<Line, string | null>>;
  restricted: "same" | "yes" | "no";
}

export const NOTHING: Change = { add: {}, remove: {}, set: {}, restricted: "same" };

const words = (text = ""): string[] => [...new Set(text.split(/[,;\n]/).map((word) => word.trim()).filter(Boolean))]; // prettier-ignore
const isMoment = (field: Line): field is (typeof MOMENTS)[number] => (MOMENTS as readonly string[]).includes(field);
const isRight = (field: Line): boolean => (RIGHTS as readonly string[]).includes(field) || isMoment(field);

/** The request for these assets; null when nothing would change. */
export function toBulkEdit(change: Change, assetIds: readonly string[]): BulkEdit | null {
  const metadata: Record<string, string | null> = {};
  const rights: Record<string, string | boolean | null> = {};
  let language: string | null | undefined;
  for (const [name, raw] of Object.entries(change.set)) {
    const field = name as Line;
    const text = typeof raw === "string" ? raw.trim() : raw;
    if (text === "") continue;
    const value = text !== null && isMoment(field) ? new Date(text).toISOString() : text;
    if (field === "language") language = value;
    else (isRight(field) ? rights : metadata)[field] = value;
  }
  if (change.restricted !== "same") rights.restricted = change.restricted === "yes";
  const lists = Object.fromEntries(
    WORDS.flatMap((word) => [[`add_${word}`, words(change.add[word])] as const, [`remove_${word}`, words(change.remove[word])] as const]).filter(([, list]) => list.length > 0),
  ) as Partial<Pick<BulkEdit, "add_keywords" | "remove_keywords" | "add_people" | "remove_people" | "add_places" | "remove_places">>;
  const edit: NonNullable<BulkEdit["edit"]> = {
    ...(language !== undefined && { language }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(rights).length > 0 && { rights }),
  };
  if (Object.keys(lists).length === 0 && Object.keys(edit).length === 0) return null;
  return { asset_ids: [...assetIds], edit, ...lists };
}
