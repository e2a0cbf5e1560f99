import { useInfiniteQuery } from "@tanstack/react-query";

import { api, unwrap, type AssetSummary } from "~/api/client";

const PAGE = 100;
const LOOK_MS = 4_000;

export type Shown = "mine" | "all";
const isOpen = ({ status }: AssetSummary): boolean => status === "uploading" || status === "processing";

/** The newest assets, looked at again while something is still on its way. */
export const useRecent = (owner: string | null, status: AssetSummary["status"] | null) =>
  useInfiniteQuery({
    queryKey: ["recent", owner, status],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/assets", {
          params: {
            query: {
              limit: PAGE,
              thumbnails: true,
              ...(owner !== null && { owner }),
              ...(status !== null && { status }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some(isOpen)) ? LOOK_MS : false),
  });
