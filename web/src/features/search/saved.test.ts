import { expect, test } from "vitest";

import { fromParameters, toParameters } from "./saved";

test("a search comes back as it was kept, without how it was looked at", () => {
  const params = { q: "lluvia", tag: ["a", "b"], date: "2026-11", sort: "newest" as const };
  const kept = toParameters({ ...params, view: "list" });
  expect(kept).toEqual({ q: ["lluvia"], tag: ["a", "b"], date: ["2026-11"], sort: ["newest"] });
  expect(fromParameters(kept ?? {})).toEqual(params);
});

test("nothing, an order alone, and what is inside a collection are not kept", () => {
  expect(toParameters({})).toBeNull();
  expect(toParameters({ sort: "newest", view: "list" })).toBeNull();
  expect(toParameters({ q: "a", collection: "0191a2b3-0000-7000-8000-00000000000a" })).toBeNull();
});
