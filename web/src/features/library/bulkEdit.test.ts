import { expect, test } from "vitest";

import { NOTHING, toBulkEdit } from "./bulkEdit";

test("a form that was not filled in asks for nothing", () => {
  expect(toBulkEdit(NOTHING, ["1"])).toBeNull();
  expect(toBulkEdit({ ...NOTHING, set: { credit: "  " }, add: { keywords: " , " } }, ["1"])).toBeNull();
});

test("only what was filled in is asked for, words once each", () => {
  const change = { add: { keywords: "río, lluvia; río" }, remove: { people: "Ana" }, set: { credit: " EFE ", source: "" }, restricted: "same" as const };
  expect(toBulkEdit(change, ["1", "2"])).toEqual({
    asset_ids: ["1", "2"],
    edit: { metadata: { credit: "EFE" } },
    add_keywords: ["río", "lluvia"],
    remove_people: ["Ana"],
  });
});

test("a field can be emptied, rights are apart, and moments have an offset", () => {
  const body = toBulkEdit({ ...NOTHING, set: { event: null, licence: "CC BY", language: "es", embargo_until: "2026-11-24T10:00" }, restricted: "no" }, ["1"]);
  expect(body?.edit?.metadata).toEqual({ event: null });
  expect(body?.edit?.language).toBe("es");
  expect(body?.edit?.rights).toEqual({ licence: "CC BY", restricted: false, embargo_until: new Date("2026-11-24T10:00").toISOString() });
});
