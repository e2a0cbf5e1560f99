import { useSyncExternalStore } from "react";

import type { Playback, PlaybackState } from "./playback";

/** A part of the state; `select` returns values that compare by identity, so that 60 looks a second draw only what has changed. */
export function usePlayback<T>(playback: Playback, select: (state: PlaybackState) => T): T {
  return useSyncExternalStore(playback.subscribe, () => select(playback.snapshot()));
}
