import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, type Publication } from "~/api/client";

const LOOK_MS = 2_000;
const MOST = 100;
const RESTING = new Set<Publication["state"]>(["published", "withdrawn", "failed"]);

/** Where an asset is, was or shall be; looked at again while one of them is on its way. */
export const usePublications = (assetId: string) =>
  useQuery({
    queryKey: ["publications", assetId],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/assets/{id}/publications", { params: { path: { id: assetId }, query: { limit: MOST } }, signal })),
    refetchInterval: ({ state }) => (state.data?.items.some((known) => !RESTING.has(known.state)) ? LOOK_MS : false),
  });

export const useChannels = (project: string) =>
  useQuery({
    queryKey: ["channels", project],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/channels", { params: { query: { project, limit: MOST } }, signal })),
    staleTime: 60_000,
  });

export function usePublishing(assetId: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["publications", assetId] });
  const publish = useMutation({
    mutationFn: ({ channel, at }: { channel: string; at: string }) =>
      unwrap(
        api.POST("/api/v1/assets/{id}/publications", {
          params: { path: { id: assetId }, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: { channel_id: channel, ...(at && { publish_at: new Date(at).toISOString().replace(".000Z", "Z") }) },
        }),
      ),
    onSettled,
  });
  const withdraw = useMutation({ mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/publications/{id}", { params: { path: { id } } })), onSettled });
  const retry = useMutation({ mutationFn: (id: string) => unwrap(api.POST("/api/v1/publications/{id}/retry", { params: { path: { id } } })), onSettled });
  return { publish, withdraw, retry };
}
