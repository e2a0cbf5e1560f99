import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";

import { all, extend, NONE, toggle, type Chosen, type Selection } from "./selection";

/** Results that are chosen. `asked` is what was searched: another search begins without any. */
export function useSelection(asked: string) {
  const [kept, setKept] = useState<{ of: string; selection: Selection }>({ of: asked, selection: NONE });
  const selection = kept.of === asked ? kept.selection : NONE;
  const items = useRef<readonly Chosen[]>([]);
  const change = useCallback(
    (next: (before: Selection) => Selection) => setKept((before) => ({ of: asked, selection: next(before.of === asked ? before.selection : NONE) })),
    [asked],
  );
  const offer = useCallback((hits: readonly Chosen[]) => {
    items.current = hits;
  }, []);
  const select = useCallback(
    (index: number, range: boolean) => {
      const hit = items.current[index];
      if (hit) change((before) => (range ? extend(before, items.current, index) : toggle(before, hit)));
    },
    [change],
  );
  const clear = useCallback(() => change(() => NONE), [change]);

  /** Space chooses what has the focus, Shift makes it a range, Ctrl+A takes all that are there, Escape none. */
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const { result } = (event.target as HTMLElement).dataset;
      if (event.key === "Escape") {
        clear();
      } else if (result === undefined) {
        return;
      } else if (event.key === " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        select(Number(result), event.shiftKey);
      } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        change((before) => all(before, items.current));
      }
    },
    [change, clear, select],
  );
  /** A click with Shift chooses up to there; any other click is the link's own. */
  const onClickCapture = useCallback(
    (event: MouseEvent) => {
      const link = event.shiftKey ? (event.target as HTMLElement).closest<HTMLElement>("a[data-result]") : null;
      if (!link) return;
      event.preventDefault();
      event.stopPropagation();
      select(Number(link.dataset.result), true);
    },
    [select],
  );
  return useMemo(
    () => ({ selection, offer, select, clear, onKeyDown, onClickCapture, extendTo: (index: number) => select(index, true) }),
    [selection, offer, select, clear, onKeyDown, onClickCapture],
  );
}
