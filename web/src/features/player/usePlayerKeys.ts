import { useEffect } from "react";

import { isTyping } from "~/components/shortcuts";
import type { Playback } from "~/playback/playback";

interface Extra {
  captions?: (() => void) | undefined;
  fullscreen?: (() => void) | undefined;
}

/** The keys of an edit suite, wherever the focus is, as long as nobody types. */
export function usePlayerKeys(playback: Playback, { captions, fullscreen }: Extra): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      const { target } = event;
      const onControl = target instanceof HTMLElement && target.closest("button, a, [role=slider], [role=tab], input") !== null;
      const { time } = playback.snapshot();
      const actions: Record<string, (() => void) | undefined> = {
        k: () => (playback.snapshot().playing ? playback.halt() : playback.play()),
        j: () => playback.shuttle(-1),
        l: () => playback.shuttle(1),
        ",": () => playback.step(-1),
        ".": () => playback.step(1),
        i: () => playback.mark("start"),
        o: () => playback.mark("end"),
        p: () => playback.preview(),
        m: () => playback.toggleMuted(),
        c: captions,
        f: fullscreen,
        ...(!onControl && {
          " ": () => playback.toggle(),
          ArrowLeft: () => playback.seek(time - 1),
          ArrowRight: () => playback.seek(time + 1),
        }),
      };
      const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [playback, captions, fullscreen]);
}
