/**
 * The parts of an upload. Pure.
 *
 * Uppy cuts a file before the API has said how large its parts are, so the API's rule (`acervo/objects.py`, `part_size`) is here again;
 * what the API then says is compared, and an upload that would be refused never begins.
 */
const MIB = 1 << 20;
const MAX_PARTS = 10_000;
const SIZES = [5 * MIB, 16 * MIB, 64 * MIB, 100 * MIB] as const;

export function partSize(sizeBytes: number): number {
  const least = Math.ceil(sizeBytes / MAX_PARTS);
  const known = SIZES.find((size) => least <= size && sizeBytes <= size * 1000);
  return known ?? Math.max(100 * MIB, Math.ceil(least / MIB) * MIB);
}

/** Numbers of the parts to sign together with `first`: what comes next will be asked next. */
export function batchFrom(first: number, count: number, size: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(size, count - first + 1)) }, (_, index) => first + index);
}
