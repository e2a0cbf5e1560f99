/**
 * What becomes of uploaded files: a few are followed live, the others by one look at the list every few seconds (a browser has six connections to
 * a server that speaks HTTP/1.1, and uploads need them too).
 */
import { useEffect, useState } from "react";

import { api, unwrap, type AssetProgress, type AssetSummary } from "~/api/client";
import { followAsset } from "~/api/follow";

const LIVE = 2;
const LOOK_MS = 4_000;
const PAGE = 200;

export interface Fate {
  status: AssetSummary["status"];
  reason: string | null;
  /** 0 to 1 over its jobs, when they are known. */
  progress: number | null;
  duplicateOf: string | null;
}

export const isOver = (fate: Fate | undefined): boolean => fate !== undefined && fate.status !== "uploading" && fate.status !== "processing";

const fateOf = ({ status, reason, jobs }: AssetProgress): Fate => ({
  status,
  reason,
  progress: jobs.length > 0 ? jobs.reduce((sum, job) => sum + job.progress, 0) / jobs.length : null,
  duplicateOf: null,
});

/** asset id → what is known of it. `ids` of one person. */
export function usePipeline(ids: readonly string[], owner: string | undefined): ReadonlyMap<string, Fate> {
  const [fates, setFates] = useState<ReadonlyMap<string, Fate>>(new Map());
  const open = ids.filter((id) => !isOver(fates.get(id)));
  const live = open.slice(0, LIVE).join();
  const others = open.length > LIVE;

  useEffect(() => {
    if (!live) return;
    const abort = new AbortController();
    const tell = (id: string, fate: Fate) => setFates((known) => new Map(known).set(id, fate));
    for (const id of live.split(",")) {
      void followAsset(id, (progress) => tell(id, fateOf(progress)), abort.signal).then(async () => {
        if (abort.signal.aborted) return;
        const asset = await unwrap(api.GET("/api/v1/assets/{id}", { params: { path: { id } } })).catch(() => null);
        tell(id, asset ? { status: asset.status, reason: asset.reason, progress: 1, duplicateOf: asset.duplicate_of } : GONE);
      });
    }
    return () => abort.abort();
  }, [live]);

  useEffect(() => {
    if (!others || !owner) return;
    const wanted = new Set(ids);
    const look = async () => {
      const page = await unwrap(api.GET("/api/v1/assets", { params: { query: { owner, limit: PAGE } } })).catch(() => null);
      if (!page) return; // the next look tells
      setFates((known) => {
        const next = new Map(known);
        for (const { id, status, reason } of page.items) {
          if (wanted.has(id) && !isOver(next.get(id))) next.set(id, { status, reason, progress: next.get(id)?.progress ?? null, duplicateOf: null });
        }
        return next;
      });
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [others, owner, ids]);

  return fates;
}

const GONE: Fate = { status: "deleted", reason: null, progress: null, duplicateOf: null };
