/** The thumbnail track of a film: WebVTT whose cues are places in sprites, `…jpg?…#xywh=x,y,w,h`. Pure. */
export interface Tile {
  start: number;
  url: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const TIMING = /^(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) -->/;
const PLACE = /^(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/;

/** Tiles in order of time; cues that are no places are left out. */
export function parseTrack(text: string): Tile[] {
  const tiles: Tile[] = [];
  let start: number | null = null;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const timing = TIMING.exec(line);
    if (timing) {
      const [hours = 0, minutes = 0, seconds = 0, ms = 0] = timing.slice(1).map((part?: string) => Number(part ?? 0));
      start = hours * 3600 + minutes * 60 + seconds + ms / 1000;
      continue;
    }
    const place = start === null ? null : PLACE.exec(line);
    if (place && start !== null) {
      const [x = 0, y = 0, width = 0, height = 0] = place.slice(2).map(Number);
      if (width > 0 && height > 0) tiles.push({ start, url: place[1] ?? "", x, y, width, height });
    }
    start = null;
  }
  return tiles.sort((a, b) => a.start - b.start);
}

/** The tile that is shown at a second: the last one that has begun. */
export function tileAt(tiles: readonly Tile[], second: number): Tile | undefined {
  let [low, high] = [0, tiles.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((tiles[middle]?.start ?? 0) <= second) low = middle;
    else high = middle - 1;
  }
  return tiles[low];
}
