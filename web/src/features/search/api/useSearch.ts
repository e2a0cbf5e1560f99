import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useQuery, type QueryClient } from "@tanstack/react-query";

import { getJson } from "~/api/client";

import { isSearched, scopeOf, toFacetQuery, toQuery, type SearchParams } from "../searchParams";
import { useDebounced } from "../useDebounced";
import type { Answer, Hit, SegmentHit } from "./answers";

/** What a screen shows, soon; who scrolls gets more at a time. */
const FIRST_PAGE = 30;
const PAGE = 90;
/** Who types goes on before that. */
const COUNTED_AFTER_MS = 250;
const ASSETS = "/api/v1/search/assets";

/** Hits page by page, of a search or of a scope; the last answer stays on the page while the next one is on its way. */
export function useAssetSearch(params: SearchParams, enabled: boolean) {
  return useSearch<Hit>(ASSETS, params, enabled);
}

/** Passages page by page. */
export function useSegmentSearch(params: SearchParams, enabled: boolean) {
  return useSearch<SegmentHit>("/api/v1/search/segments", params, enabled && Boolean(params.q));
}

/**
 * What the hits are made of, asked by itself once they are `there`: counting takes longer than finding, and who types does not wait for counts.
 * What is like an asset is not counted.
 */
export function useFacets(params: SearchParams, there: boolean) {
  const { view, sort, ...counted } = useDebounced(params, COUNTED_AFTER_MS);
  const { data } = useQuery({
    queryKey: ["search", "facets", counted],
    queryFn: async ({ signal }) => (await getJson<Pick<Answer<Hit>, "facets">>(ASSETS, toFacetQuery(counted), signal)).facets ?? {},
    placeholderData: keepPreviousData,
    enabled: there && !counted.like,
    staleTime: 10_000,
  });
  return params.like ? undefined : data;
}

/** Asks before the page is drawn anew for it: the answer is on its way while the page draws. What fails is shown where the page asks. */
export const askAhead = (client: QueryClient, params: SearchParams): void => {
  client.infiniteQuery(searchOptions<Hit>(ASSETS, params)).catch(() => undefined);
};

function useSearch<T>(path: string, params: SearchParams, enabled: boolean) {
  return useInfiniteQuery({ ...searchOptions<T>(path, params), placeholderData: keepPreviousData, enabled });
}

function searchOptions<T>(path: string, params: SearchParams) {
  const scope = scopeOf(params);
  return infiniteQueryOptions({
    queryKey: ["search", path, { ...params, view: undefined }],
    queryFn: async ({ pageParam, signal }): Promise<Answer<T>> => {
      const asked = params.q ?? "";
      if (!scope || isSearched(params)) return { ...(await getJson<Answer<T>>(path, toQuery(params, pageParam === null ? FIRST_PAGE : PAGE, pageParam), signal)), asked };
      const { fetchScope } = await import("./scopes");
      return { ...((await fetchScope(scope, pageParam, signal)) as Answer<T & Hit>), asked };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 10_000,
  });
}
