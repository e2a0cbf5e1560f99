import { expect, test } from "vitest";

import type { Segment } from "~/api/client";

import { withLine } from "./pages";

const line = (number: number, text: string) => ({ number, text }) as Segment;
const data = { pageParams: [null, "2"], pages: [{ items: [line(0, "a"), line(1, "b")], next_cursor: "2" }, { items: [line(2, "c")], next_cursor: null }] };

test("a corrected line takes the place of the old one on its page", () => {
  expect(withLine(data, 2, line(2, "new")).pages.map((page) => page.items.map(({ text }) => text))).toEqual([["a", "b"], ["new"]]);
});

test("a line in which nothing is said is not shown any more", () => {
  expect(withLine(data, 0, null).pages[0]?.items.map(({ number }) => number)).toEqual([1]);
});
