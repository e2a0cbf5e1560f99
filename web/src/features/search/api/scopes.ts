/**
 * Results that come from elsewhere than the index: a collection's assets, or what is like an asset. Loaded with the first of them.
 *
 * A collection is as large as people make it by hand: words and filters are looked for in what it has, up to `MOST` of it.
 */
import { api, getJson, unwrap, type AssetSummary } from "~/api/client";

import { FILTERS, type ScopeName, type SearchParams } from "../searchParams";
import { bucketsOf, matches, valuesOf } from "../within";
import type { Answer, Hit } from "./answers";

const PAGE = 100;
const MOST = 2_000;
const LIKE = 60;

export async function fetchScope(scope: { name: ScopeName; id: string }, params: SearchParams, cursor: string | null, signal: AbortSignal): Promise<Answer<Hit>> {
  return scope.name === "like" ? fetchLike(scope.id, signal) : fetchCollection(scope.id, params, cursor, signal);
}

async function fetchLike(id: string, signal: AbortSignal): Promise<Answer<Hit>> {
  const found = await getJson<Pick<Answer<Hit>, "hits" | "partial" | "index" | "took_ms">>(`/api/v1/search/assets/${id}/like`, new URLSearchParams({ limit: String(LIKE) }), signal);
  return { ...found, total: found.hits.length, typos: false, ignored: [], next: null };
}

async function fetchCollection(id: string, params: SearchParams, cursor: string | null, signal: AbortSignal): Promise<Answer<Hit>> {
  const started = performance.now();
  const answer = (items: AssetSummary[], total: number, next: string | null): Answer<Hit> => ({
    hits: items.map(hitOf), total, partial: false, typos: false, ignored: [], index: "ready", took_ms: performance.now() - started, next,
  }); // prettier-ignore
  const narrowed = Boolean(params.q ?? params.date) || FILTERS.some((name) => params[name]?.length);
  if (!narrowed) {
    const [collection, page] = await Promise.all([
      unwrap(api.GET("/api/v1/collections/{id}", { params: { path: { id } }, signal })),
      fetchPage(id, cursor, PAGE, signal),
    ]);
    const whole = cursor === null && page.next_cursor === null; // counts of a part would be no counts
    return { ...answer(page.items, collection.assets, page.next_cursor), ...(whole && { facets: bucketsOf(page.items) }) };
  }
  const all: AssetSummary[] = [];
  let next: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof fetchPage>> = await fetchPage(id, next, 200, signal);
    all.push(...page.items);
    next = page.next_cursor;
  } while (next !== null && all.length < MOST);
  const found = all.filter((asset) => matches(asset, params));
  return { ...answer(found, found.length, null), facets: bucketsOf(found), partial: next !== null };
}

const fetchPage = (id: string, cursor: string | null, limit: number, signal: AbortSignal) =>
  unwrap(api.GET("/api/v1/collections/{id}/assets", { params: { path: { id }, query: { limit, ...(cursor !== null && { cursor }) } }, signal }));

const hitOf = (asset: AssetSummary): Hit => ({
  asset_id: asset.id,
  name: asset.name,
  title: valuesOf(asset).title,
  kind: asset.kind,
  status: asset.status,
  project_id: asset.project_id,
  created_at: asset.created_at,
  duration_s: asset.duration_s,
  language: asset.language,
  rights_flags: asset.rights_flags ?? [],
  score: 0,
  why: [],
  highlights: {},
  passages: [],
});
