/** What the box offers while one types, as one list for the keyboard. Pure. */
import type { Suggestions } from "./api/answers";

export type Option =
  | { group: "past"; value: string }
  | { group: "words"; value: string }
  | { group: "people"; value: string }
  | { group: "tags"; value: string }
  | { group: "assets"; value: string; asset: Suggestions["assets"][number] };

export function optionsOf(found: Suggestions | undefined): Option[] {
  if (!found) return [];
  const past = found.past?.slice(0, 3) ?? [];
  return [
    ...past.map((value): Option => ({ group: "past", value })),
    ...found.words.filter((word) => !past.includes(word)).slice(0, 4).map((value): Option => ({ group: "words", value })),
    ...found.people.slice(0, 4).map((value): Option => ({ group: "people", value })),
    ...found.tags.slice(0, 4).map((value): Option => ({ group: "tags", value })),
    ...found.assets.slice(0, 5).map((asset): Option => ({ group: "assets", value: asset.title, asset })),
  ];
}

/** The text with its last word finished. */
export const finishWord = (text: string, word: string): string => `${text.replace(/\S*$/, "")}${word} `;

/** Without the last word, which was the beginning of a filter. */
export const withoutLastWord = (text: string): string => text.replace(/\S*$/, "").trimEnd();
