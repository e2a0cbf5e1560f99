import Box from "@mui/material/Box";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactNode } from "react";

interface Props<T> {
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  /** 0: one column. Else as many as fit with at least this width. */
  minWidth: number;
  gap: number;
  /** Height of a row, for a column of this width. */
  estimate: (width: number) => number;
  draw: (item: T, index: number, tabIndex: 0 | -1) => ReactNode;
  /** The end is near. */
  onEnd: () => void;
  /** A key has moved from one item to another with Shift held. */
  onExtend?: (to: number) => void;
  footer?: ReactNode;
}

/** A phone shows two columns, however narrow they are. */
const NARROW_PX = 420;
/** From this width on there is room for larger columns, not only for more of them. */
const VAST_PX = 2000;
const VAST = 1.5;

/** To the result that was looked at last, or the first one. */
export const focusResults = (): void => document.querySelector<HTMLElement>('[data-result][tabindex="0"]')?.focus();

/** A list of any length: only what is seen is there, arrow keys go through all of it. */
export function VirtualRows<T>({ label, items, keyOf, minWidth, gap, estimate, draw, onEnd, onExtend, footer }: Props<T>) {
  const pane = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState(0);
  const wanted = useRef<number | null>(null);
  const least = width > VAST_PX ? minWidth * VAST : minWidth;
  const columns = minWidth > 0 ? Math.max(width > NARROW_PX ? 1 : 2, Math.floor((width + gap) / (least + gap))) : 1;
  const columnWidth = (width - gap * (columns - 1)) / columns;
  const rowCount = Math.ceil(items.length / columns);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer tells this component itself when to draw
  const rows = useVirtualizer({
    count: width > 0 ? rowCount : 0,
    getScrollElement: () => pane.current,
    estimateSize: () => estimate(columnWidth) + gap,
    overscan: minWidth > 0 ? 2 : 4, // rows of a grid are tall, and each has several to draw
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;

  useEffect(() => {
    const element = pane.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => rows.measure(), [columnWidth, rows]);
  useEffect(() => {
    if (rowCount > 0 && last >= rowCount - 3) onEnd();
  }, [last, rowCount, onEnd]);
  useEffect(() => {
    if (wanted.current === null) return;
    const element = pane.current?.querySelector<HTMLElement>(`[data-result="${wanted.current}"]`);
    if (!element) return; // drawn with the next scroll
    wanted.current = null;
    element.focus({ preventScroll: true });
  });

  const go = (index: number) => {
    const target = Math.min(items.length - 1, Math.max(0, index));
    wanted.current = target;
    setAt(target);
    rows.scrollToIndex(Math.floor(target / columns), { align: "auto" });
  };
  const onFocus = (event: FocusEvent) => {
    const place = (event.target as HTMLElement).closest("li")?.getAttribute("aria-posinset");
    if (place) setAt(Number(place) - 1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = Number((event.target as HTMLElement).dataset.result);
    if (Number.isNaN(from) || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((pane.current?.clientHeight ?? 0) / (estimate(columnWidth) + gap))) * columns;
    const steps: Record<string, number> = {
      ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
    }; // prettier-ignore
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    if (step === -columns && from < columns) document.querySelector<HTMLElement>("[role=combobox]")?.focus();
    else {
      go(from + step);
      if (event.shiftKey) onExtend?.(Math.min(items.length - 1, Math.max(0, from + step)));
    }
  };

  const focused = Math.min(at, items.length - 1);
  return (
    <Box
      ref={pane}
      data-scroll-restoration-id="results"
      sx={{ height: "100%", overflowY: "auto", overflowX: "hidden", px: 2, pt: 0.5, scrollbarGutter: "stable" }}
    >
      <Box
        component="ul"
        aria-label={label}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        sx={{ position: "relative", m: 0, p: 0, listStyle: "none" }}
        style={{ height: rows.getTotalSize() }}
      >
        {shown.flatMap((row) =>
          items.slice(row.index * columns, (row.index + 1) * columns).map((item, column) => {
            const index = row.index * columns + column;
            return (
              <li
                key={keyOf(item)}
                ref={minWidth > 0 ? undefined : rows.measureElement}
                data-index={row.index}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                style={{ position: "absolute", top: 0, left: 0, paddingBottom: gap, width: columnWidth, transform: `translate(${column * (columnWidth + gap)}px, ${row.start}px)` }}
              >
                {draw(item, index, index === focused ? 0 : -1)}
              </li>
            );
          }),
        )}
      </Box>
      {footer}
    </Box>
  );
}
