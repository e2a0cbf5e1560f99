/** Progress, live, until it is over: one stream at a time, opened again when the service ends it (it does after some minutes). */
import { session, SignedOut } from "~/session/session";

import type { AssetProgress, Publication } from "./client";
import { parseEvents } from "./eventStream";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Resolves when the asset is neither uploading nor processing, when one may no longer see it, or when `signal` aborts. */
export const followAsset = (id: string, tell: (progress: AssetProgress) => void, signal: AbortSignal): Promise<void> =>
  follow(`/api/v1/assets/${id}/events`, (data) => tell(JSON.parse(data) as AssetProgress), signal);

/** Resolves when the publication is where it is wanted, or has failed. */
export const followPublication = (id: string, tell: (now: Publication) => void, signal: AbortSignal): Promise<void> =>
  follow(`/api/v1/publications/${id}/events`, (data) => tell(JSON.parse(data) as Publication), signal);

async function follow(address: string, tell: (data: string) => void, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const response = await fetch(address, {
        headers: { authorization: `Bearer ${await session.token()}`, accept: "text/event-stream" },
        signal,
      });
      if (response.status >= 400 && response.status < 500) return;
      if (response.ok && response.body) {
        for await (const { event, data } of parseEvents(response.body)) {
          if (event === "gone") return;
          tell(data);
          pause = FIRST_PAUSE_MS;
          if (event === "end") return;
        }
      }
    } catch (fault) {
      if (fault instanceof SignedOut) return;
      // the network is away: the next round asks again
    }
    await rest(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
