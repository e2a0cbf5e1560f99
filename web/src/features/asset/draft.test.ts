import { describe, expect, test } from "vitest";

import { changedFields, draftOf, merge, toEdit } from "./draft";

const asset = { name: "a.mp4", language: "es", metadata: { title: "A", keywords: ["x"] }, rights: { licence: "CC-BY" } };
const base = draftOf(asset);

describe("an edit", () => {
  test("says what changed, and nothing else", () => {
    expect(toEdit(base, base)).toEqual({});
    expect(toEdit(base, { ...base, title: "B", keywords: ["x", "y"] })).toEqual({ metadata: { title: "B", keywords: ["x", "y"] } });
  });

  test("removes what was emptied", () => {
    expect(toEdit(base, { ...base, title: "", keywords: [], licence: "", language: "" })).toEqual({
      language: null,
      metadata: { title: null, keywords: null },
      rights: { licence: null },
    });
  });
});

describe("two people", () => {
  test("who changed different fields both get their way", () => {
    const merged = merge(base, { ...base, title: "mine" }, { ...base, byline: "theirs" });
    expect(merged.conflicts).toEqual([]);
    expect(merged.draft).toMatchObject({ title: "mine", byline: "theirs" });
  });

  test("who changed the same field differently have to decide", () => {
    const merged = merge(base, { ...base, title: "mine" }, { ...base, title: "theirs" });
    expect(merged.conflicts).toEqual(["title"]);
    expect(merged.draft.title).toBe("mine");
  });

  test("who changed the same field alike agree", () => {
    expect(merge(base, { ...base, title: "B" }, { ...base, title: "B" }).conflicts).toEqual([]);
  });
});

test("fields of other kinds are read as empty, not as nonsense", () => {
  const odd = draftOf({ ...asset, metadata: { title: 7, keywords: "x", people: [1, "Ana"] } });
  expect([odd.title, odd.keywords, odd.people]).toEqual(["", [], ["Ana"]]);
  expect(changedFields(base, base)).toEqual([]);
});
