import { expect, test } from "vitest";

import { fromParameters, toParameters } from "./saved";

test("a search comes back as it was kept, without how it was looked at", () => {
  const params = { q: "lluvia", tag: ["a", "b"], date: "2026-11", sort: "newest" as const };
  const kept = toParameters({ ...params, view: "list" });
  expect(kept).toEqual({ q: ["lluvia"], tag: ["a", "b"], date: ["2026-11"], sort: ["newest"] });
  expect(fromParameters(kept ?? {})).toEqual(params);
});

test("a search inside a collection is kept with it", () => {
  const params = { q: "a", collection: "0191a2b3-0000-7000-8000-00000000000a" };
  const kept = toParameters(params);
  expect(kept).toEqual({ q: ["a"], collection: [params.collection] });
  expect(fromParameters(kept ?? {})).toEqual(params);
});

test("nothing, an order alone, a whole collection and what is like an asset are not kept", () => {
  expect(toParameters({})).toBeNull();
  expect(toParameters({ sort: "newest", view: "list" })).toBeNull();
  expect(toParameters({ collection: "0191a2b3-0000-7000-8000-00000000000a" })).toBeNull();
  expect(toParameters({ like: "0191a2b3-0000-7000-8000-00000000000a" })).toBeNull();
});
