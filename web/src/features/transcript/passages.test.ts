import { expect, test } from "vitest";

import type { Segment } from "~/api/client";

import { findIn, segmentAt, wantedWords, wordsOf } from "./passages";

const segment = (start_ms: number, end_ms: number, text: string, words: Segment["words"] = null): Segment => ({
  number: start_ms, start_ms, end_ms, text, words, language: "es", speaker: null, model: "m",
}); // prettier-ignore
const said = [segment(0, 900, "Buenas noches."), segment(1000, 2000, "El número está fuera de servicio."), segment(5000, 6000, "Gracias.")];

test("the segment at a time is the one that began last", () => {
  expect([-1, 0, 0.95, 1, 4.9, 5, 100].map((seconds) => segmentAt(said, seconds))).toEqual([-1, 0, 0, 1, 1, 2, 2]);
  expect(segmentAt([], 3)).toBe(-1);
});

test("accents and case do not matter when one looks for a text", () => {
  expect(findIn(said, "NUMERO esta")).toEqual([1]);
  expect(findIn(said, " ")).toEqual([]);
});

test("of a search only what can be said is looked for", () => {
  expect(wantedWords('said:"fuera de servicio" tag:x -no OR Número')).toEqual(["fuera", "de", "servicio", "numero"]);
});

test("words without times are one piece", () => {
  expect(wordsOf(segment(0, 900, "Buenas noches."))).toEqual([{ text: "Buenas noches.", start: 0, end: 0.9 }]);
  expect(wordsOf(segment(0, 900, "a b", [{ word: " a", start_ms: 0, end_ms: 100 }, { word: "b", start_ms: 100, end_ms: 900 }]))).toHaveLength(2);
});
