import { expect, test } from "vitest";

import { all, extend, MOST_SELECTED, NONE, toggle } from "./selection";

const hit = (id: string) => ({ asset_id: id, title: id.toUpperCase(), project_id: "p" });
const hits = ["a", "b", "c", "d", "e"].map(hit);
const ids = (selection: typeof NONE) => [...selection.chosen.keys()].sort();
const at = (index: number) => hits[index] ?? hit("?");

test("what is chosen twice is not chosen any more", () => {
  const once = toggle(NONE, at(1));
  expect(ids(once)).toEqual(["b"]);
  expect(ids(toggle(once, at(1)))).toEqual([]);
});

test("a range goes from what was chosen last, in both directions, and back again from the same place", () => {
  const from = toggle(NONE, at(2));
  expect(ids(extend(from, hits, 4))).toEqual(["c", "d", "e"]);
  expect(ids(extend(extend(from, hits, 4), hits, 0))).toEqual(["a", "b", "c", "d", "e"]);
});

test("a range without a beginning starts at the first one", () => {
  expect(ids(extend(NONE, hits, 1))).toEqual(["a", "b"]);
  expect(ids(extend({ ...NONE, anchor: "gone" }, hits, 1))).toEqual(["a", "b"]);
});

test("no more than one request may change are chosen, and it is said", () => {
  const many = Array.from({ length: MOST_SELECTED + 3 }, (_, index) => hit(`x${index}`));
  const selection = all(NONE, many);
  expect([selection.chosen.size, selection.full]).toEqual([MOST_SELECTED, true]);
  expect(toggle(selection, at(0))).toMatchObject({ full: true });
  expect(toggle(selection, at(0)).chosen.size).toBe(MOST_SELECTED);
  const first = many[0] ?? at(0);
  expect(toggle(selection, first)).toMatchObject({ full: false });
});
