import { expect, test } from "vitest";

import { formatAddress, parseAddress } from "./addresses";

test("an address written is the address read", () => {
  const search = { q: "pleno & más", tag: ["a", "b"], date: "2026-11" };
  expect(parseAddress(formatAddress(search))).toEqual(search);
});

test("what is not there takes no place", () => {
  expect(formatAddress({ q: undefined, view: null })).toBe("");
});

test("seconds of a film are numbers in the address", () => {
  expect(formatAddress({ t: 7.94 })).toBe("?t=7.94");
});
