import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

export type Moved = components["schemas"]["Moved"];

/** Move assets to another project; each for itself. `nonce`: sent twice, it happens once. */
export function useMove() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, project, nonce }: { ids: string[]; project: string; nonce: string }) =>
      unwrap(api.POST("/api/v1/assets/move", { params: { header: { "Idempotency-Key": nonce } }, body: { asset_ids: ids, project_id: project } })),
    // what depends on the project: who sees it, its channels, its collections
    onSettled: () => Promise.all(["search", "asset", "outlets", "collections", "history"].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}
