/**
 * A picture in all its sizes, in one file: an SZI, a ZIP whose entries are not compressed (functions/transcode/tiles.py makes it).
 *
 * What a viewer needs of ZIP (PKWARE APPNOTE 4.3): the directory at the end, where each tile begins, and how long its own header is. Pure.
 */

/** The longest comment a ZIP may end with, and the record before it. */
export const TAIL_BYTES = 22 + 0xffff;
/** A directory of this size has tiles of a picture ten times as large as any that is taken. */
export const MOST_DIRECTORY_BYTES = 16 << 20;

export interface Extent {
  offset: number;
  length: number;
}

/** Name of a tile → where its entry lies, header and all, and how many bytes of it are the tile. */
export type Directory = ReadonlyMap<string, Extent & { size: number }>;

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const HEADER = 0x04034b50;

export class NoPyramid extends Error {}

/** Where the directory lies, from the last bytes of the file. */
export function findDirectory(tail: ArrayBuffer): Extent {
  const view = new DataView(tail);
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    const found = { length: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
    if (found.length > MOST_DIRECTORY_BYTES || found.offset === 0xffffffff) throw new NoPyramid("the directory is too large");
    return found;
  }
  throw new NoPyramid("there is no directory");
}

export function readDirectory(directory: ArrayBuffer, start: number): Directory {
  const view = new DataView(directory);
  const names = new TextDecoder();
  const found: { name: string; size: number; offset: number }[] = [];
  for (let at = 0; at + 46 <= directory.byteLength && view.getUint32(at, true) === ENTRY; ) {
    const [name, extra, comment] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
    if (view.getUint16(at + 10, true) !== 0) throw new NoPyramid("an entry is compressed");
    found.push({ name: names.decode(new Uint8Array(directory, at + 46, name)), size: view.getUint32(at + 20, true), offset: view.getUint32(at + 42, true) });
    at += 46 + name + extra + comment;
  }
  const ends = [...found.map(({ offset }) => offset), start].sort((a, b) => a - b);
  const after = new Map(ends.map((offset, index) => [offset, ends[index + 1] ?? start]));
  return new Map(found.map(({ name, size, offset }) => [name, { offset, size, length: (after.get(offset) ?? start) - offset }]));
}

/** The tile out of its entry. */
export function tileOf(entry: ArrayBuffer, size: number): ArrayBuffer {
  const view = new DataView(entry);
  if (entry.byteLength < 30 || view.getUint32(0, true) !== HEADER) throw new NoPyramid("there is no tile here");
  const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + size > entry.byteLength) throw new NoPyramid("the tile is cut off");
  return entry.slice(start, start + size);
}

export const tileName = (level: number, column: number, row: number, format: string): string => `tiles/tiles_files/${level}/${column}_${row}.${format}`;

/** What the rendition says of its pyramid. */
export interface Shape {
  width: number;
  height: number;
  tile: number;
  overlap: number;
  format: string;
}

export function shapeOf(detail: Record<string, unknown>): Shape | null {
  const { width, height, tile, overlap, format } = detail;
  const numbers = [width, height, tile].every((one) => typeof one === "number" && one > 0);
  if (!numbers || typeof overlap !== "number" || typeof format !== "string") return null;
  return { width: Number(width), height: Number(height), tile: Number(tile), overlap, format };
}

/** Levels are counted from one pixel; level `top` is the picture itself. */
export const topLevel = ({ width, height }: Pick<Shape, "width" | "height">): number => Math.ceil(Math.log2(Math.max(width, height)));
