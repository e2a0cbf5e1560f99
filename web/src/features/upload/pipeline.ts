/**
 * What becomes of uploaded files: a few are followed live, the others by one look at the list every few seconds (a browser has six connections to
 * a server that speaks HTTP/1.1, and uploads need them too). Whether a file was there before is asked once, when its way is over.
 */
import { useEffect, useRef, useState } from "react";

import { api, unwrap } from "~/api/client";
import { followAsset } from "~/api/follow";
import { isProblem } from "~/api/problem";

import { fateOf, finishedFate, isOver, isTold, listedFate, type Fate } from "./fates";

const LIVE = 2;
const TOLD_AT_ONCE = 2;
const LOOK_MS = 4_000;
const PAGE = 200;

type Fates = ReadonlyMap<string, Fate>;

/** asset id → what is known of it. `ids` of one person. */
export function usePipeline(ids: readonly string[], owner: string | undefined): Fates {
  const [fates, setFates] = useState<Fates>(new Map());
  const tell = useRef((id: string, next: (before: Fate | undefined) => Fate) => setFates((known) => new Map(known).set(id, next(known.get(id)))));
  const open = ids.filter((id) => !isOver(fates.get(id)));
  const live = open.slice(0, LIVE);
  const untold = ids.filter((id) => isOver(fates.get(id)) && !isTold(fates.get(id))).slice(0, TOLD_AT_ONCE);

  useEach(live, (id, signal) => void followAsset(id, (progress) => tell.current(id, () => fateOf(progress)), signal).then(() => signal.aborted || tell.current(id, finishedFate)));
  useEach(untold, (id, signal) => void fetchFate(id, signal).then((fate) => fate && tell.current(id, () => fate)));

  const others = open.length > LIVE;
  useEffect(() => {
    if (!others || !owner) return;
    const wanted = new Set(ids);
    const abort = new AbortController();
    const look = async () => {
      const query = { owner, limit: PAGE };
      const page = await unwrap(api.GET("/api/v1/assets", { params: { query }, signal: abort.signal })).catch(() => null);
      if (!page) return; // the next look tells
      setFates((known) => {
        const seen = page.items.filter(({ id }) => wanted.has(id) && !isOver(known.get(id)));
        return seen.length === 0 ? known : new Map([...known, ...seen.map((asset) => [asset.id, listedFate(asset, known.get(asset.id))] as const)]);
      });
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [others, owner, ids]);

  return fates;
}

/** Begin for each id that is new, end for each that is gone; those that stay are left alone. */
function useEach(ids: readonly string[], begin: (id: string, signal: AbortSignal) => void): void {
  const running = useRef(new Map<string, AbortController>());
  const start = useRef(begin);
  const key = ids.join();
  useEffect(() => {
    const wanted = new Set(key ? key.split(",") : []);
    for (const [id, abort] of running.current) {
      if (wanted.has(id)) continue;
      abort.abort();
      running.current.delete(id);
    }
    for (const id of wanted) {
      if (running.current.has(id)) continue;
      const abort = new AbortController();
      running.current.set(id, abort);
      start.current(id, abort.signal);
    }
  }, [key]);
  useEffect(() => {
    const known = running.current;
    return () => {
      for (const abort of known.values()) abort.abort();
      known.clear();
    };
  }, []);
}

const TRIES = 5;
const PAUSE_MS = 2_000;

/** The end of a file's way as the asset itself says it; null when nobody waits for it any more. */
async function fetchFate(id: string, signal: AbortSignal): Promise<Fate | null> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const { status, reason, reason_code, duplicate_of } = await unwrap(api.GET("/api/v1/assets/{id}", { params: { path: { id } }, signal }));
      return { status, reason, reason_code, progress: 1, duplicateOf: duplicate_of };
    } catch (fault) {
      if (isProblem(fault, 404)) return { status: "deleted", reason: null, reason_code: null, progress: null, duplicateOf: null };
      if (attempt === TRIES) return null; // what it became is known, only not whether it was there before
      await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
    }
  }
  return null;
}
