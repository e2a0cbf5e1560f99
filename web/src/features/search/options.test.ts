import { expect, test } from "vitest";

import { finishWord, optionsOf, withoutLastWord } from "./options";

test("a suggestion finishes the word that is being typed, and leaves the others", () => {
  expect(finishWord("pleno muni", "municipal")).toBe("pleno municipal ");
  expect(finishWord("", "pleno")).toBe("pleno ");
  expect(withoutLastWord("lluvia An")).toBe("lluvia");
  expect(withoutLastWord("An")).toBe("");
});

test("words come first, assets last, and there is never more than fits", () => {
  const many = Array.from({ length: 9 }, (_, index) => `x${index}`);
  const asset = { asset_id: "1", name: "a", title: "A", kind: "video" as const, project_id: "p" };
  const options = optionsOf({ words: many, people: ["Ana"], tags: [], assets: [asset], partial: false });
  expect(options.map((option) => option.group)).toEqual(["words", "words", "words", "words", "people", "assets"]);
  expect(optionsOf(undefined)).toEqual([]);
});

test("one's own queries come before everything, and are not offered twice", () => {
  const options = optionsOf({ words: ["pleno", "plenario"], people: [], tags: [], assets: [], past: ["pleno", "pleno municipal"], partial: false });
  expect(options.map(({ group, value }) => `${group} ${value}`)).toEqual(["past pleno", "past pleno municipal", "words plenario"]);
});
