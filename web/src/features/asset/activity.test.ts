import { expect, test } from "vitest";

import type { Edit, Job } from "~/api/client";

import { editsOf, jobsOf, personOf, together } from "./activity";

const edit = (id: number, at: string): Edit => ({ id, at, version: id, who: "user:ana", what: "edit", changes: [], bulk_id: null, undoes: null, undone: false });
const job = (id: string, finished_at: string | null): Job => ({ id, kind: "speech", state: "done", finished_at }) as Job;

test("several lists become one, newest first", () => {
  const all = together([
    { happenings: editsOf([edit(2, "2026-01-03T00:00:00Z"), edit(1, "2026-01-01T00:00:00Z")]), more: false },
    { happenings: jobsOf([job("a", "2026-01-02T00:00:00Z"), job("b", null)]), more: false },
  ]);
  expect(all.map(({ key }) => key)).toEqual(["edit-2", "job-a", "edit-1"]);
});

test("nothing is shown beyond the end of a list that has more", () => {
  const all = together([
    { happenings: editsOf([edit(9, "2026-01-09T00:00:00Z"), edit(8, "2026-01-08T00:00:00Z")]), more: true },
    { happenings: jobsOf([job("new", "2026-01-08T12:00:00+01:00"), job("old", "2026-01-01T00:00:00Z")]), more: false },
  ]);
  expect(all.map(({ key }) => key)).toEqual(["edit-9", "job-new", "edit-8"]);
});

test("a list that is empty so far hides nothing", () => {
  expect(together([{ happenings: [], more: true }, { happenings: editsOf([edit(1, "2026-01-01T00:00:00Z")]), more: false }])).toHaveLength(1);
});

test("people are named without what the token says they are", () => {
  expect([personOf("user:ana"), personOf("client:cms"), personOf("ana")]).toEqual(["ana", "cms", "ana"]);
});
