/** Results that are no search: a whole collection in its own order, or what is like an asset. Loaded with the first of them. */
import { api, getJson, unwrap, type AssetSummary } from "~/api/client";

import { titleOf } from "../title";
import type { ScopeName } from "../searchParams";
import type { Answer, Hit } from "./answers";

const PAGE = 100;
const LIKE = 60;

export async function fetchScope(scope: { name: ScopeName; id: string }, cursor: string | null, signal: AbortSignal): Promise<Omit<Answer<Hit>, "asked">> {
  return scope.name === "like" ? fetchLike(scope.id, signal) : fetchCollection(scope.id, cursor, signal);
}

async function fetchLike(id: string, signal: AbortSignal): Promise<Omit<Answer<Hit>, "asked">> {
  const found = await getJson<Pick<Answer<Hit>, "hits" | "partial" | "index" | "took_ms">>(`/api/v1/search/assets/${id}/like`, new URLSearchParams({ limit: String(LIKE) }), signal);
  return { ...found, total: found.hits.length, typos: false, ignored: [], next: null };
}

/** Out of the database: what was added a moment ago is there before the index knows it. */
async function fetchCollection(id: string, cursor: string | null, signal: AbortSignal): Promise<Omit<Answer<Hit>, "asked">> {
  const started = performance.now();
  const [collection, page] = await Promise.all([
    unwrap(api.GET("/api/v1/collections/{id}", { params: { path: { id } }, signal })),
    unwrap(api.GET("/api/v1/collections/{id}/assets", { params: { path: { id }, query: { limit: PAGE, ...(cursor !== null && { cursor }) } }, signal })),
  ]);
  return {
    hits: page.items.map(hitOf), total: collection.assets, partial: false, typos: false, ignored: [], index: "ready",
    took_ms: performance.now() - started, next: page.next_cursor,
  }; // prettier-ignore
}

const hitOf = (asset: AssetSummary): Hit => ({
  asset_id: asset.id,
  name: asset.name,
  title: titleOf(asset),
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
