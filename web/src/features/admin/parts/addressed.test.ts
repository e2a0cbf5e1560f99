import { expect, test } from "vitest";

import { addressed, changedAddress, oneOf } from "./addressed";

test("an address says what is filtered, and nothing of what is not", () => {
  expect(addressed({ state: "failed", kind: ["a", "b"], other: "x" }, ["state", "kind", "project"])).toEqual({ state: "failed", kind: "", project: "" });
  expect(changedAddress({ state: "failed", kind: "ocr" }, { state: "", project: "noticias" })).toEqual({ kind: "ocr", project: "noticias" });
});

test("what an address makes up is not taken", () => {
  expect([oneOf("failed", ["queued", "failed"]), oneOf("exploded", ["queued", "failed"])]).toEqual(["failed", null]);
});
