import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { getJson } from "~/api/client";

import { scopeOf, toQuery, type SearchParams } from "../searchParams";
import type { Answer, Hit, SegmentHit } from "./answers";

const PAGE = 60;

/** Hits page by page, of everything or of a scope; the last answer stays on the page while the next one is on its way. */
export function useAssetSearch(params: SearchParams, enabled: boolean) {
  return useSearch<Hit>("/api/v1/search/assets", params, enabled);
}

/** Passages page by page. */
export function useSegmentSearch(params: SearchParams, enabled: boolean) {
  return useSearch<SegmentHit>("/api/v1/search/segments", params, enabled && Boolean(params.q));
}

function useSearch<T>(path: string, params: SearchParams, enabled: boolean) {
  const asked = { ...params, view: undefined };
  const scope = scopeOf(params);
  return useInfiniteQuery({
    queryKey: ["search", path, asked],
    queryFn: async ({ pageParam, signal }): Promise<Answer<T>> => {
      if (!scope) return getJson<Answer<T>>(path, toQuery(params, PAGE, pageParam), signal);
      const { fetchScope } = await import("./scopes");
      return (await fetchScope(scope, params, pageParam, signal)) as Answer<T & Hit>;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    enabled,
    staleTime: 10_000,
  });
}
