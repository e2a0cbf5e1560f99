import { useInfiniteQuery } from "@tanstack/react-query";

import { api, unwrap, type Segment } from "~/api/client";

const PAGE = 500;

/** Everything that is said, with its words; page after page until all of it is there. `version` changes when it may have changed. */
export const useTranscript = (id: string, version: string) =>
  useInfiniteQuery({
    queryKey: ["transcript", id, version],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/assets/{id}/transcript", {
          params: { path: { id }, query: { words: true, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: Infinity,
    select: (data): Segment[] => data.pages.flatMap((page) => page.items),
  });
