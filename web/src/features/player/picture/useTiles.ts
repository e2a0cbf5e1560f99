import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, type Asset } from "~/api/client";
import { DOWNLOAD_FRESH_MS, fetchView } from "~/api/downloads";

import { shapeOf, type Shape } from "./pyramid";
import { Tiles } from "./tiles";

export interface Size {
  width: number;
  height: number;
}

const PROFILE = "tiles";
/** Less is not worth a second file. */
const WORTH = 1.15;

export interface Pyramid {
  shape: Shape;
  tiles: Tiles;
}

const sizeOf = (detail: unknown): Size => {
  const { width, height } = (detail ?? {}) as { width?: unknown; height?: unknown };
  return { width: Number(width) || 0, height: Number(height) || 0 };
};

/** Of the copy that is shown at once. */
export const shownSize = ({ renditions }: Pick<Asset, "renditions">): Size => sizeOf(renditions.find(({ profile }) => profile === "display")?.detail);

/** Of the picture as it is shown: one that lies on its side is measured lying. */
export function wholeSize(asset: Pick<Asset, "technical" | "renditions">): Size {
  const shown = shownSize(asset);
  const stored = sizeOf(asset.technical.image);
  const longest = Math.max(stored.width, stored.height, shown.width, shown.height);
  const factor = longest / Math.max(1, shown.width, shown.height);
  return { width: Math.round(shown.width * factor), height: Math.round(shown.height * factor) };
}

/** Every pixel of a picture that is larger than its display copy: read when it is there, ordered when somebody wants to see them. */
export function usePyramid(asset: Asset) {
  const client = useQueryClient();
  const rendition = asset.renditions.find(({ profile, status }) => profile === PROFILE && status === "ready");
  const shape = rendition ? shapeOf(rendition.detail) : null;
  const worth = wholeSize(asset).width > shownSize(asset).width * WORTH;
  const address = async (signal: AbortSignal) => {
    const { url } = await client.query({ queryKey: ["file", asset.id, PROFILE], queryFn: () => fetchView(asset.id, PROFILE, signal), staleTime: DOWNLOAD_FRESH_MS });
    return url;
  };
  const pyramid = useQuery({
    queryKey: ["pyramid", asset.id, rendition?.size_bytes],
    queryFn: async ({ signal }): Promise<Pyramid | null> => (rendition?.size_bytes && shape ? { shape, tiles: await Tiles.open(address, rendition.size_bytes, signal) } : null),
    enabled: worth && rendition !== undefined,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const order = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/assets/{id}/ondemand", { params: { path: { id: asset.id }, header: { "Idempotency-Key": crypto.randomUUID() } }, body: { profile: PROFILE } })),
    // the asset is looked at again while the job is open
    onSettled: () => client.invalidateQueries({ queryKey: ["asset", asset.id] }),
  });
  const job = asset.jobs.find(({ id }) => id === order.data?.job.id);
  const failed = order.isError || pyramid.isError || job?.state === "failed" || job?.state === "cancelled";
  const wanted = worth && rendition === undefined && asset.actions.includes("download");
  return {
    pyramid: pyramid.data ?? null,
    /** Say that somebody looks closer than the display copy goes. */
    want: () => {
      if (wanted && order.isIdle) order.mutate();
    },
    state: failed ? ("failed" as const) : pyramid.data || !worth ? ("there" as const) : order.isIdle && !pyramid.isFetching ? ("idle" as const) : ("coming" as const),
  };
}
