/** How a picture lies in its window: pure. Coordinates are the window's, (0, 0) is its middle; `scale` 1 fits the whole picture. */
export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
export const MAX_SCALE = 16;

/** Nearer or farther, with the point under the pointer staying where it is. */
export function zoomAt(zoom: Zoom, factor: number, at: { x: number; y: number }): Zoom {
  const scale = Math.min(MAX_SCALE, Math.max(1, zoom.scale * factor));
  const grown = scale / zoom.scale;
  return { scale, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown };
}

/** Never farther out than the picture's edge. */
export function keepInside(zoom: Zoom, window: { width: number; height: number }): Zoom {
  const limit = (value: number, size: number) => {
    const most = (size * (zoom.scale - 1)) / 2;
    return Math.min(most, Math.max(-most, value)) + 0;
  };
  return { ...zoom, x: limit(zoom.x, window.width), y: limit(zoom.y, window.height) };
}

export type Point = { x: number; y: number };

/** Two fingers from one place to another: what was between them stays between them. */
export function pinch(zoom: Zoom, from: readonly [Point, Point], to: readonly [Point, Point]): Zoom {
  const span = ([a, b]: readonly [Point, Point]) => Math.hypot(a.x - b.x, a.y - b.y);
  const middle = ([a, b]: readonly [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const [before, after] = [middle(from), middle(to)];
  const moved = { ...zoom, x: zoom.x + after.x - before.x, y: zoom.y + after.y - before.y };
  return zoomAt(moved, span(from) > 0 ? span(to) / span(from) : 1, after);
}
