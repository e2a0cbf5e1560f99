/** Small pictures of a page of assets in one request; the URLs are presigned, and kept for less time than they are good. */
import { useQueries } from "@tanstack/react-query";

import { api, unwrap } from "./client";

const FRESH_MS = 10 * 60_000;

/** asset id → URL, for pages of at most 100 ids. */
export function useThumbnails(pages: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  return useQueries({
    queries: pages
      .filter((ids) => ids.length > 0)
      .map((ids) => ({
        queryKey: ["thumbnails", ids],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          unwrap(api.GET("/api/v1/thumbnails", { params: { query: { asset_id: [...ids] } }, signal })),
        staleTime: FRESH_MS,
        gcTime: FRESH_MS,
        refetchInterval: FRESH_MS,
      })),
    combine,
  });
}

function combine(answers: { data: { items: { asset_id: string; url: string }[] } | undefined }[]): ReadonlyMap<string, string> {
  return new Map(answers.flatMap(({ data }) => data?.items.map((item) => [item.asset_id, item.url] as const) ?? []));
}
