import { expect, test } from "vitest";

import { tell } from "./reasons";

const TEXTS: Record<string, string> = {
  "file.empty": "El archivo está vacío.",
  "file.too-long": "Dura demasiado. {{detail}}",
  "field.too-many": "Como mucho, {{limit}}.",
  "refused.too-long": "Es demasiado largo. {{detail}}",
};
const find = (key: string): unknown => TEXTS[key];

test("a code is told in the person's language", () => {
  expect(tell(["file"], { code: "empty", text: "The file is empty." }, find)).toEqual({ text: "El archivo está vacío.", english: false, detail: null });
});

test("what the English sentence says more stays beside the text", () => {
  expect(tell(["file"], { code: "too-long", text: "it has 30 hours" }, find)).toEqual({ text: "Dura demasiado.", english: false, detail: "it has 30 hours" });
  expect(tell(["file"], { code: "too-long", text: null }, find)).toEqual({ text: "Dura demasiado.", english: false, detail: null });
});

test("the first group that knows the code has the word", () => {
  expect(tell(["refused", "file"], { code: "too-long", text: "…" }, find)?.text).toBe("Es demasiado largo.");
  expect(tell(["refused", "file"], { code: "empty", text: "…" }, find)?.text).toBe("El archivo está vacío.");
});

test("a code that nobody knows, and a reason without one, are told in English", () => {
  expect(tell(["file"], { code: "brand-new", text: "something new" }, find)).toEqual({ text: "something new", english: true, detail: null });
  expect(tell(["file"], { code: null, text: "from before" }, find)).toEqual({ text: "from before", english: true, detail: null });
  expect(tell(["file"], { code: "brand-new", text: null }, find)?.text).toBe("brand-new");
});

test("a text that speaks of a limit is told only where the limit is known", () => {
  expect(tell(["field"], { code: "too-many", text: "at most 5", limit: "5" }, find)?.text).toBe("Como mucho, 5.");
  expect(tell(["field"], { code: "too-many", text: "at most 5" }, find)).toEqual({ text: "at most 5", english: true, detail: null });
});

test("no reason, nothing told", () => {
  expect(tell(["file"], { code: null, text: null }, find)).toBeNull();
});
