import { expect, test } from "vitest";

import { bucketsOf, matches } from "./within";

const asset = {
  name: "DSC_1.jpg",
  kind: "image" as const,
  status: "ready" as const,
  project_id: "noticias",
  language: null,
  created_at: "2026-11-24T07:00:00Z",
  metadata: { title: "Inundación en la ribera", keywords: ["lluvia", "río"], people: ["Ana Pérez"] },
};

test("words are found without their accents, in any of the fields, and all of them have to be there", () => {
  for (const q of ["inundacion", "RIO ana", "dsc_1", "\"ana pérez\""]) expect([q, matches(asset, { q })]).toEqual([q, true]);
  expect(matches(asset, { q: "inundacion nieve" })).toBe(false);
});

test("filters of one kind are alternatives, of several kinds they all have to hold", () => {
  expect(matches(asset, { tag: ["nieve", "lluvia"], type: ["image"], date: "2026-11" })).toBe(true);
  expect(matches(asset, { tag: ["lluvia"], type: ["video"] })).toBe(false);
  expect(matches(asset, { date: "2025" })).toBe(false);
});

test("values are counted once an asset, most first", () => {
  const other = { ...asset, metadata: { keywords: ["lluvia", "lluvia"] } };
  expect(bucketsOf([asset, other]).tag).toEqual([{ value: "lluvia", count: 2 }, { value: "río", count: 1 }]);
});
