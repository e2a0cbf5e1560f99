import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, getJson, unwrap, type AssetSummary } from "~/api/client";

export const LINK_KINDS = ["derived-from", "part-of", "related"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

const MOST_LIKE = "8";

export const useRelated = (id: string) =>
  useQuery({ queryKey: ["related", id], queryFn: ({ signal }) => unwrap(api.GET("/api/v1/assets/{id}/related", { params: { path: { id } }, signal })) });

interface Hit {
  asset_id: string;
  name: string;
  title: string | null;
  kind: AssetSummary["kind"];
  project_id: string;
  duration_s: number | null;
}

/** What search finds about the same things. */
export const useMoreLikeThis = (id: string) =>
  useQuery({
    queryKey: ["like", id],
    queryFn: ({ signal }) => getJson<{ hits: Hit[] }>(`/api/v1/search/assets/${id}/like`, new URLSearchParams({ limit: MOST_LIKE }), signal),
    staleTime: 60_000,
  });

export function useLinking(id: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["related", id] });
  const link = useMutation({
    mutationFn: (body: { kind: LinkKind; asset_id: string }) => unwrap(api.POST("/api/v1/assets/{id}/links", { params: { path: { id } }, body })),
    onSettled,
  });
  /** `from` is the asset that the link was written on. */
  const unlink = useMutation({
    mutationFn: ({ from, kind, to }: { from: string; kind: LinkKind; to: string }) =>
      unwrap(api.DELETE("/api/v1/assets/{id}/links/{kind}/{other}", { params: { path: { id: from, kind, other: to } } })),
    onSettled,
  });
  return { link, unlink };
}
