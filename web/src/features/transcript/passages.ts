/** Finding one's way in a transcript. Pure. */
import type { Segment } from "~/api/client";

export interface Word {
  text: string;
  start: number;
  end: number;
}

/** A segment's words with their times in seconds; the whole text as one word when nobody timed them. */
export function wordsOf(segment: Segment): Word[] {
  const timed = (segment.words ?? []).flatMap(({ word, start_ms: start, end_ms: end }) =>
    typeof word === "string" && typeof start === "number" && typeof end === "number" ? [{ text: word.trim(), start: start / 1000, end: end / 1000 }] : [],
  );
  return timed.length > 0 ? timed : [{ text: segment.text, start: segment.start_ms / 1000, end: segment.end_ms / 1000 }];
}

/** The segment that is spoken at a time, or was last; -1 before the first. By halving: transcripts are long. */
export function segmentAt(segments: readonly Segment[], seconds: number): number {
  const ms = seconds * 1000 + 1;
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.start_ms ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Without accents and case, as people search. */
export const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The words of a search that a transcript can contain: no operators, no fields. */
export function wantedWords(query: string): string[] {
  return query
    .split(/\s+/)
    .map((word) => plain(word.replace(/^said:/i, "").replace(/["()]/g, "")))
    .filter((word) => word.length > 1 && !word.includes(":") && !word.startsWith("-") && word !== "or");
}

/** Indexes of the segments in which a text is, as it is written. */
export function findIn(segments: readonly Segment[], text: string): number[] {
  const wanted = plain(text.trim());
  if (!wanted) return [];
  return segments.flatMap((segment, index) => (plain(segment.text).includes(wanted) ? [index] : []));
}
