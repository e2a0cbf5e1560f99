import { useCallback, useRef, useState, type DragEvent } from "react";

import type { Chosen, Selection } from "./selection";

/** What is dragged: all that is selected when it is one of these, else the one result. */
export function draggedOf({ chosen }: Selection, hit: Chosen): ReadonlyMap<string, Chosen> {
  return chosen.has(hit.asset_id) ? chosen : new Map([[hit.asset_id, hit]]);
}

/** Results that are on their way to a collection. */
export function useDragged(selection: Selection, items: readonly Chosen[]) {
  const [dragged, setDragged] = useState<ReadonlyMap<string, Chosen> | null>(null);
  const ticking = useRef(0);
  const onDragStart = useCallback(
    (event: DragEvent) => {
      const place = (event.target as HTMLElement).closest("li")?.getAttribute("aria-posinset");
      const hit = place ? items[Number(place) - 1] : undefined;
      if (!hit) return;
      event.dataTransfer.effectAllowed = "copyLink";
      // a page that changes while the drag begins ends it: with the next frame it may
      ticking.current = requestAnimationFrame(() => setDragged(draggedOf(selection, hit)));
    },
    [selection, items],
  );
  const onDragEnd = useCallback(() => {
    cancelAnimationFrame(ticking.current);
    setDragged(null);
  }, []);
  return { dragged, onDragStart, onDragEnd };
}
