import { expect, test } from "vitest";

import { brokenFields, draftOf, fieldsOf, settingsOf, type Schema } from "./settingsForm";

const SCHEMA: Schema = {
  type: "object",
  required: ["host"],
  properties: {
    host: { type: "string", title: "Server" },
    port: { type: "integer", default: 22, minimum: 1 },
    host_keys: { type: "array", items: { type: "string" } },
    sidecar: { type: "boolean", default: true },
    tls: { type: "string", enum: ["explicit", "none"], default: "explicit" },
    defaults: { type: "object", title: "Defaults", properties: { privacy: { type: "string", enum: ["public", "private"] }, kids: { type: "boolean", default: false } } },
    requirements: { type: "object", properties: { kinds: { type: "array", items: { enum: ["video"] } } } },
  },
};
const fields = fieldsOf(SCHEMA);

test("each setting has the field that suits it", () => {
  expect(fields.map(({ path, kind }) => [path.join("."), kind])).toEqual([
    ["host", "text"],
    ["port", "whole"],
    ["host_keys", "list"],
    ["sidecar", "flag"],
    ["tls", "choice"],
    ["defaults.privacy", "choice"],
    ["defaults.kids", "flag"],
    ["requirements", "json"],
  ]);
  expect(fields[0]?.required).toBe(true);
});

test("settings that are shown and not touched stay as they are", () => {
  const settings = { host: "sftp.tv", port: 2222, host_keys: ["a", "b"], sidecar: false, defaults: { privacy: "private" }, requirements: { kinds: ["video"] }, unknown: [1] };
  expect(settingsOf(fields, draftOf(fields, settings), settings)).toEqual(settings);
});

test("what is emptied is no setting any more, what is written has its type", () => {
  const draft = { ...draftOf(fields, { host: "old", port: 21 }), host: "new", port: "", host_keys: " one \n\ntwo", "defaults.kids": "true", sidecar: "true" };
  expect(settingsOf(fields, draft, { host: "old", port: 21 })).toEqual({ host: "new", host_keys: ["one", "two"], defaults: { kids: true } });
});

test("JSON that is none is named", () => {
  expect(brokenFields(fields, { requirements: "{" })).toEqual(["requirements"]);
  expect(brokenFields(fields, { requirements: "" })).toEqual([]);
});
