/** Collections: assets of one project, put together by people. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

export type Collection = components["schemas"]["Collection"];

const PAGE = 50;
const KEY = "collections";

/** By name, page by page, of one project or of all that one sees. */
export const useCollections = (project: string | null) =>
  useInfiniteQuery({
    queryKey: [KEY, project],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/collections", { params: { query: { limit: PAGE, ...(project && { project }), ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

function useChanges<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      await Promise.all([KEY, "search", "scope"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
}

/** `nonce`: sent twice, there is one. */
export const useMakeCollection = () =>
  useChanges(({ nonce, ...body }: { project_id: string; name: string; description?: string; nonce: string }) =>
    unwrap(api.POST("/api/v1/collections", { params: { header: { "Idempotency-Key": nonce } }, body })),
  );

export const useEditCollection = () =>
  useChanges(({ id, ...body }: { id: string; name: string; description: string }) => unwrap(api.PATCH("/api/v1/collections/{id}", { params: { path: { id } }, body })));

export const useDeleteCollection = () => useChanges((id: string) => unwrap(api.DELETE("/api/v1/collections/{id}", { params: { path: { id } } })));

export const useAddToCollection = () =>
  useChanges(({ id, asset_ids }: { id: string; asset_ids: string[] }) => unwrap(api.POST("/api/v1/collections/{id}/assets", { params: { path: { id } }, body: { asset_ids } })));

export const useRemoveFromCollection = () =>
  useChanges(({ id, asset_ids }: { id: string; asset_ids: string[] }) => unwrap(api.POST("/api/v1/collections/{id}/assets/remove", { params: { path: { id } }, body: { asset_ids } })));
