import { expect, test } from "vitest";

import { auditQuery, ofAddress, toAddress, type AuditFilter } from "./filter";

const FILTER: AuditFilter = { who: "user:eva", what: "", asset: "", project: "noticias", result: "denied", since: "2026-06-01T12:30", until: "" };

test("an address leads back to the form that made it", () => {
  expect(ofAddress(toAddress(FILTER))).toEqual(FILTER);
  expect(toAddress(FILTER).since).toMatch(/Z$/);
});

test("nonsense in an address is nothing", () => {
  expect(ofAddress({ ...toAddress(FILTER), result: "maybe", since: "yesterday" })).toMatchObject({ result: "", since: "" });
});

test("the API is asked for what was filled in", () => {
  expect(Object.keys(auditQuery(FILTER))).toEqual(["who", "project", "result", "since"]);
});
