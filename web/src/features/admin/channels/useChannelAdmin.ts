import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

export type Channel = components["schemas"]["Channel"];
type ChannelSet = components["schemas"]["ChannelSet"];

export type ChannelType = components["schemas"]["ChannelType"];

const KEY = ["admin", "channels"] as const;
const PAGE = 100;

export const useChannelPages = () =>
  useInfiniteQuery({
    queryKey: KEY,
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/channels", { params: { query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const useChannelTypes = () =>
  useQuery({
    queryKey: ["admin", "channel-types"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/channel-types", { params: { query: { limit: 200 } }, signal })),
    staleTime: Infinity,
  });

/** What can be done with channels; every list of them is looked at again afterwards. */
export function useChannelChanges() {
  const client = useQueryClient();
  const onSettled = () => Promise.all([client.invalidateQueries({ queryKey: KEY }), client.invalidateQueries({ queryKey: ["channels"] })]);
  const put = useMutation({
    mutationFn: ({ channel, ...body }: ChannelSet & { channel: string }) => unwrap(api.PUT("/api/v1/channels/{channel}", { params: { path: { channel } }, body })),
    onSettled,
  });
  const enable = useMutation({
    mutationFn: ({ channel, enabled }: { channel: string; enabled: boolean }) =>
      unwrap(api.PATCH("/api/v1/channels/{channel}", { params: { path: { channel } }, body: { enabled } })),
    onSettled,
  });
  return { put, enable };
}
