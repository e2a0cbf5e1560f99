/** What people changed about an asset, and taking it back: metadata and lines of the transcript. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, unwrapWhole } from "~/api/client";

import { versioned } from "./useAsset";

const PAGE = 30;
const MOST = 100;

/** `version` is the asset's: another one means that there is more to tell. */
export const useEdits = (id: string, version: number) =>
  useInfiniteQuery({
    queryKey: ["history", id, version],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/assets/{id}/history", { params: { path: { id }, query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const useCorrections = (id: string, version: number) =>
  useInfiniteQuery({
    queryKey: ["corrections", id, version],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/assets/{id}/transcript/corrections", {
          params: { path: { id }, query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
    select: (data) => data.pages.flatMap((page) => page.items),
  });

export const usePublished = (id: string) =>
  useQuery({
    queryKey: ["publications", id],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/assets/{id}/publications", { params: { path: { id }, query: { limit: MOST } }, signal })),
  });

export function useUndo(id: string) {
  const client = useQueryClient();
  const edit = useMutation({
    mutationFn: async (number: number) =>
      versioned(await unwrapWhole(api.POST("/api/v1/assets/{id}/history/{edit}/undo", { params: { path: { id, edit: number } } }))),
    onSuccess: (now) => {
      client.setQueryData(["asset", id], now);
      void client.invalidateQueries({ queryKey: ["search"] });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["history", id] }),
  });
  const correction = useMutation({
    mutationFn: (number: number) => unwrap(api.POST("/api/v1/assets/{id}/transcript/corrections/{edit}/undo", { params: { path: { id, edit: number } } })),
    onSettled: () => Promise.all([["corrections", id], ["transcript", id], ["asset", id], ["search"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return { edit, correction };
}
