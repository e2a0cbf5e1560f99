import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

import type { BulkEdit } from "./bulkEdit";

export type BulkEdited = components["schemas"]["BulkEdited"];

/** Change several assets at once, and take that back. `nonce`: sent twice, it happens once. */
export function useBulkEdit() {
  const client = useQueryClient();
  const onSettled = async () => {
    await Promise.all(["search", "asset"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  };
  const edit = useMutation({
    mutationFn: ({ body, nonce }: { body: BulkEdit; nonce: string }) => unwrap(api.POST("/api/v1/assets/bulk-edit", { params: { header: { "Idempotency-Key": nonce } }, body })),
    onSettled,
  });
  const undo = useMutation({
    mutationFn: (id: string) => unwrap(api.POST("/api/v1/assets/bulk-edit/{id}/undo", { params: { path: { id } } })),
    onSettled,
  });
  return { edit, undo };
}
