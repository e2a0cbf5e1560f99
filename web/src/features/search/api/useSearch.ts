import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, type QueryClient } from "@tanstack/react-query";

import { getJson } from "~/api/client";

import { isSearched, scopeOf, toQuery, type SearchParams } from "../searchParams";
import type { Answer, Hit, SegmentHit } from "./answers";

const PAGE = 60;
const ASSETS = "/api/v1/search/assets";

/** Hits page by page, of a search or of a scope; the last answer stays on the page while the next one is on its way. */
export function useAssetSearch(params: SearchParams, enabled: boolean) {
  return useSearch<Hit>(ASSETS, params, enabled);
}

/** Passages page by page. */
export function useSegmentSearch(params: SearchParams, enabled: boolean) {
  return useSearch<SegmentHit>("/api/v1/search/segments", params, enabled && Boolean(params.q));
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
      if (!scope || isSearched(params)) return { ...(await getJson<Answer<T>>(path, toQuery(params, PAGE, pageParam), signal)), asked };
      const { fetchScope } = await import("./scopes");
      return { ...((await fetchScope(scope, params, pageParam, signal)) as Answer<T & Hit>), asked };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 10_000,
  });
}
