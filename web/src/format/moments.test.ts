import { expect, test } from "vitest";

import { fromLocal, toLocal } from "./moments";

test("a moment that goes to the form and back is the same moment", () => {
  const iso = "2026-11-24T10:30:00Z";
  expect(fromLocal(toLocal(iso))).toBe(iso);
});

test("nothing stays nothing", () => {
  expect(toLocal("")).toBe("");
  expect(fromLocal("")).toBe("");
  expect(toLocal("soon")).toBe("");
});
