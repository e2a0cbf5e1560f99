import { expect, test } from "vitest";

import { assetIn } from "./reference";

const ID = "0d4a3c1e-9b1f-4f0a-8a39-0c1d2e3f4a5b";

test("an asset is meant by its id or by its page's address", () => {
  expect(assetIn(` ${ID.toUpperCase()} `)).toBe(ID);
  expect(assetIn(`https://acervo.example/assets/${ID}?t=8&q=incendio`)).toBe(ID);
});

test("anything else means none", () => {
  expect([assetIn(""), assetIn("film.mp4"), assetIn(ID.slice(1))]).toEqual([null, null, null]);
});
