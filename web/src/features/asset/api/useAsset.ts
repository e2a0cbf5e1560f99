/** One asset with its ETag, live while its pipeline runs. */
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api, unwrap, unwrapWhole, type Asset, type AssetEdit, type Job } from "~/api/client";
import { fetchDownload } from "~/api/downloads";
import { followAsset } from "~/api/follow";

export interface Versioned {
  asset: Asset;
  etag: string;
}

const LOOK_MS = 2_000;
const isArriving = ({ status }: Asset): boolean => status === "uploading" || status === "processing";
const isOpen = ({ state }: Job): boolean => state === "queued" || state === "running";

const assetKey = (id: string) => ["asset", id] as const;

export const versioned = ({ data, response }: { data: Asset; response: Response }): Versioned => ({
  asset: data,
  etag: response.headers.get("etag") ?? `"${data.version}"`,
});

export function useAsset(id: string) {
  const client = useQueryClient();
  const query = useQuery<Versioned>({
    queryKey: assetKey(id),
    // the stream of an asset ends when the asset is ready; what is ordered of it later is looked at
    refetchInterval: ({ state }) => (state.data && !isArriving(state.data.asset) && state.data.asset.jobs.some(isOpen) ? LOOK_MS : false),
    queryFn: async ({ signal }) => versioned(await unwrapWhole(api.GET("/api/v1/assets/{id}", { params: { path: { id } }, signal }))),
  });
  const running = query.data !== undefined && isArriving(query.data.asset);
  useEffect(() => {
    if (!running) return;
    const abort = new AbortController();
    void follow(client, id, abort.signal);
    return () => abort.abort();
  }, [client, id, running]);
  return query;
}

/** Jobs as they move; the whole asset again whenever one of them ends. */
async function follow(client: QueryClient, id: string, signal: AbortSignal): Promise<void> {
  let before = "";
  await followAsset(
    id,
    ({ status, reason, reason_code, version, jobs }) => {
      client.setQueryData<Versioned>(assetKey(id), (known) => known && { ...known, asset: { ...known.asset, status, reason, reason_code, jobs } });
      const now = [status, version, ...jobs.map((job) => `${job.id}${job.state}`)].join();
      if (now !== before) void client.invalidateQueries({ queryKey: assetKey(id) });
      before = now;
    },
    signal,
  );
}

/** @throws ApiProblem, 412 with what the asset is now when somebody was faster */
export const saveAsset = async (id: string, etag: string, edit: AssetEdit): Promise<Versioned> =>
  versioned(await unwrapWhole(api.PATCH("/api/v1/assets/{id}", { params: { path: { id }, header: { "If-Match": etag } }, body: edit })));

export function useKeepAsset(id: string): (saved: Versioned) => void {
  const client = useQueryClient();
  return (saved) => {
    client.setQueryData(assetKey(id), saved);
    void client.invalidateQueries({ queryKey: ["search"] });
  };
}

export function useAssetActions(id: string) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: assetKey(id) });
  const retry = useMutation({ mutationFn: () => unwrap(api.POST("/api/v1/assets/{id}/retry", { params: { path: { id } } })), onSettled: again });
  const cancel = useMutation({
    mutationFn: (job: string) => unwrap(api.DELETE("/api/v1/jobs/{id}", { params: { path: { id: job } } })),
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: (etag: string) => unwrap(api.DELETE("/api/v1/assets/{id}", { params: { path: { id }, header: { "If-Match": etag } } })),
    onSuccess: () => {
      client.removeQueries({ queryKey: assetKey(id) });
      void client.invalidateQueries({ queryKey: ["search"] });
    },
  });
  const download = useMutation({
    mutationFn: (what: string) => fetchDownload(id, what),
    onSuccess: ({ url }) => window.location.assign(url), // an attachment: the page stays
  });
  return { retry, cancel, remove, download };
}
