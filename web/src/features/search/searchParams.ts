/** The whole state of a search, as the address has it: shareable, and what the back button goes through. Pure. */
export const FILTERS = ["type", "project", "tag", "person", "language", "rights", "status"] as const;
export type FilterName = (typeof FILTERS)[number];
export const SORTS = ["relevance", "newest", "oldest"] as const;
export type Sort = (typeof SORTS)[number];
export const VIEWS = ["grid", "list", "said"] as const;
export type View = (typeof VIEWS)[number];

/** Where one looks other than everywhere: in a collection, or around an asset. Each is the id of one. */
export const SCOPES = ["collection", "like"] as const;
export type ScopeName = (typeof SCOPES)[number];

export type SearchParams = Partial<Record<FilterName, string[]>> & { q?: string; date?: string; sort?: Sort; view?: View } & Partial<Record<ScopeName, string>>;

const MAX_VALUES = 50;
const MAX_VALUE = 200;
export const MAX_QUERY = 256;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

type Raw = Record<string, unknown>;

const texts = (raw: unknown): string[] =>
  (Array.isArray(raw) ? raw : [raw])
    .filter((value): value is string => typeof value === "string" && value !== "" && value.length <= MAX_VALUE)
    .slice(0, MAX_VALUES);

const oneOf = <T extends string>(raw: unknown, known: readonly T[]): T | undefined => known.find((value) => value === raw);

/** What of an address means something; the rest is left out, so that an address typed by hand never breaks the page. */
export function readSearchParams(raw: Raw): SearchParams {
  const params: SearchParams = {};
  const [q] = texts(raw.q);
  if (q) params.q = q.slice(0, MAX_QUERY);
  for (const name of FILTERS) {
    const values = [...new Set(texts(raw[name]))];
    if (values.length > 0) params[name] = values;
  }
  const [date] = texts(raw.date);
  if (date) params.date = date;
  const sort = oneOf(raw.sort, SORTS);
  if (sort && sort !== "relevance") params.sort = sort;
  const view = oneOf(raw.view, VIEWS);
  if (view && view !== "grid") params.view = view;
  for (const name of SCOPES) {
    const [id] = texts(raw[name]);
    if (id && UUID.test(id)) return { ...params, [name]: id };
  }
  return params;
}

/** The query string of the search service for hits, without counts. How it is looked at is the page's own. */
export function toQuery(params: SearchParams, limit: number, cursor: string | null): URLSearchParams {
  const query = parts(params);
  if (params.sort) query.set("sort", params.sort);
  query.set("facets", "false");
  query.set("limit", String(limit));
  if (cursor) query.set("cursor", cursor);
  return query;
}

/** For counts alone: the least of hits that can be asked for. */
export function toFacetQuery(params: SearchParams): URLSearchParams {
  const query = parts(params);
  query.set("limit", "1");
  return query;
}

function parts(params: SearchParams): URLSearchParams {
  const query = new URLSearchParams();
  if (params.q) query.set("q", params.q);
  for (const name of FILTERS) for (const value of params[name] ?? []) query.append(name, value);
  if (params.date) query.set("date", params.date);
  if (params.collection) query.set("collection", params.collection);
  return query;
}

/** With a value of a filter ticked, or not any more. */
export function toggleFilter(params: SearchParams, name: FilterName, value: string): SearchParams {
  const { [name]: known = [], ...rest } = params;
  const values = known.includes(value) ? known.filter((other) => other !== value) : [...known, value];
  return values.length > 0 ? { ...rest, [name]: values } : rest;
}

/** The scope of a search, if it has one. */
export function scopeOf(params: SearchParams): { name: ScopeName; id: string } | null {
  for (const name of SCOPES) {
    const id = params[name];
    if (id) return { name, id };
  }
  return null;
}

/** Whether anything but its scope says what is searched for. */
export const isNarrowed = (params: SearchParams): boolean => Boolean(params.q) || filterCount(params) > 0;

/** Whether the page shows what the index answers: all of a collection is shown in its own order, and what is like an asset has no words. */
export const isSearched = (params: SearchParams): boolean => !params.like && (!params.collection || isNarrowed(params));

/** Without any filter; words, order, view and scope stay. */
export function withoutFilters({ q, sort, view, collection, like }: SearchParams): SearchParams {
  return { ...(q && { q }), ...(sort && { sort }), ...(view && { view }), ...(collection && { collection }), ...(like && { like }) };
}

/** What is searched, and not how it is looked at: a selection is of this. */
export const asked = ({ view, sort, ...rest }: SearchParams): string => JSON.stringify(rest);

export const filterCount = (params: SearchParams): number =>
  FILTERS.reduce((sum, name) => sum + (params[name]?.length ?? 0), params.date ? 1 : 0);
