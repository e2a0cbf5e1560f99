import { describe, expect, test } from "vitest";

import { filterCount, isSearched, readSearchParams, scopeOf, toFacetQuery, toggleFilter, toQuery, withoutFilters } from "./searchParams";

describe("an address", () => {
  test("that is whole is read whole", () => {
    const params = readSearchParams({ q: "lluvia", type: "video", tag: ["a", "b", "a"], date: "2026-11", sort: "newest", view: "list" });
    expect(params).toEqual({ q: "lluvia", type: ["video"], tag: ["a", "b"], date: "2026-11", sort: "newest", view: "list" });
  });

  test("with nonsense in it means what is left", () => {
    expect(readSearchParams({ q: 7, type: [null, "", "x".repeat(201)], sort: "random", view: "grid", more: "no" })).toEqual({});
  });

  test("is short when everything is as usual", () => {
    expect(readSearchParams({ sort: "relevance", view: "grid" })).toEqual({});
  });
});

describe("a query", () => {
  test("repeats a filter with several values and leaves the view to the page", () => {
    const query = toQuery({ q: "a b", tag: ["x", "y"], view: "list", sort: "oldest" }, 60, "c");
    expect(query.toString()).toBe("q=a+b&tag=x&tag=y&sort=oldest&facets=false&limit=60&cursor=c");
  });

  test("of counts is of the same hits, however they are ordered", () => {
    expect(toFacetQuery({ q: "a", type: ["video"], sort: "oldest", view: "list" }).toString()).toBe("q=a&type=video&limit=1");
  });

  test("is asked inside its collection, also by rights", () => {
    const collection = "0191a2b3-0000-7000-8000-00000000000a";
    expect(toQuery({ q: "a", rights: ["rights-embargo"], collection }, 60, null).toString()).toBe(`q=a&rights=rights-embargo&collection=${collection}&facets=false&limit=60`);
  });
});

describe("a filter", () => {
  test("is ticked and unticked", () => {
    const once = toggleFilter({ q: "a" }, "tag", "x");
    expect(once).toEqual({ q: "a", tag: ["x"] });
    expect(toggleFilter(once, "tag", "x")).toEqual({ q: "a" });
  });

  test("counts with the date, and all of them go at once", () => {
    const params = { q: "a", tag: ["x", "y"], date: "2026", view: "list" as const };
    expect(filterCount(params)).toBe(3);
    expect(withoutFilters(params)).toEqual({ q: "a", view: "list" });
  });
});

describe("a scope", () => {
  const id = "0191a2b3-0000-7000-8000-00000000000a";

  test("is one, and has an id", () => {
    expect(readSearchParams({ collection: id, like: id })).toEqual({ collection: id });
    expect(readSearchParams({ like: id, q: "a" })).toEqual({ like: id, q: "a" });
    expect(readSearchParams({ like: "../x", collection: 7 })).toEqual({});
  });

  test("is searched when it is a collection and something is looked for in it", () => {
    expect([{}, { q: "a" }, { collection: id, q: "a" }, { collection: id, rights: ["rights-free"] }, { collection: id, date: "2026" }].map(isSearched)).toEqual([true, true, true, true, true]);
    expect([{ collection: id }, { collection: id, view: "list" as const }, { like: id, q: "a" }].map(isSearched)).toEqual([false, false, false]);
  });

  test("stays when the filters go", () => {
    expect(withoutFilters({ collection: id, tag: ["x"] })).toEqual({ collection: id });
    expect(scopeOf({ like: id })).toEqual({ name: "like", id });
    expect(scopeOf({ q: "a" })).toBeNull();
  });
});
