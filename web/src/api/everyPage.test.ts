import { expect, test } from "vitest";

import { everyPage } from "./everyPage";

const pages = (count: number) => ({ cursor }: { cursor?: string }) => {
  const number = Number(cursor ?? 0);
  return Promise.resolve({ items: [number], next_cursor: number + 1 < count ? String(number + 1) : null });
};

test("every page is asked for, in order", async () => {
  expect(await everyPage(pages(3), 10)).toEqual({ items: [0, 1, 2], cut: false });
});

test("a list that never ends is cut, and says so", async () => {
  expect(await everyPage(pages(1_000), 2)).toEqual({ items: [0, 1], cut: true });
});
