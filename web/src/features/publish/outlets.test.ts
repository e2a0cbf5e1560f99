import { expect, test } from "vitest";

import type { Asset } from "~/api/client";

import { isUntitled, quantity, standingVersion, worstFirst, type Limit } from "./outlets";

const limit = (code: string, fits: boolean): Limit => ({ code, fits, found: null, least: null, most: null, allowed: [], detail: null });

test("numbers are of what the limit is about, and shapes are shown as they are", () => {
  expect(quantity("size", 1000)).toEqual({ unit: "bytes", value: 1000 });
  expect(quantity("duration", 20.5)).toEqual({ unit: "seconds", value: 20.5 });
  expect(quantity("title", 0)).toEqual({ unit: "characters", value: 0 });
  expect(quantity("shape", "16:9")).toEqual({ unit: "text", value: "16:9" });
  expect([quantity("shape", null), quantity("format", "")]).toEqual([null, null]);
});

test("what does not fit comes first", () => {
  expect(worstFirst([limit("size", true), limit("title", false), limit("shape", true)]).map(({ code }) => code)).toEqual(["title", "size", "shape"]);
});

test("a title of spaces is none", () => {
  expect([{}, { title: " " }, { title: null }].map((metadata) => isUntitled({ metadata }))).toEqual([true, true, true]);
  expect(isUntitled({ metadata: { title: "Pleno" } })).toBe(false);
});

test("another file makes another answer", () => {
  const asset = { version: 3, status: "ready", renditions: [{ profile: "web", status: "ready" }] } as unknown as Asset;
  expect(standingVersion(asset)).not.toBe(standingVersion({ ...asset, renditions: [{ ...asset.renditions[0], status: "expired" }] } as Asset));
});
