import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

export const CLIP_PROFILES = ["web", "proxy", "original"] as const;
export type ClipProfile = (typeof CLIP_PROFILES)[number];

/** Order the marked range as a file of its own; it becomes a job and a rendition of the asset. */
export function useOrder(assetId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ profile, start, end }: { profile: ClipProfile; start: number; end: number }) =>
      unwrap(
        api.POST("/api/v1/assets/{id}/ondemand", {
          params: { path: { id: assetId }, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: { profile, clip: { start_ms: Math.round(start * 1000), end_ms: Math.round(end * 1000) } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["asset", assetId] }),
  });
}
