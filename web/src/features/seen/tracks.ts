/** What is seen when, as lanes of a timeline. Pure. */
import type { Detection, Shot, WrittenText } from "~/api/client";

export interface Appearance {
  key: string;
  name: string;
  /** Seconds; the end is exclusive. */
  start: number;
  end: number;
}

export interface Lane {
  name: string;
  kind: "shots" | "texts" | "object";
  appearances: Appearance[];
  /** Seconds in the picture. */
  total: number;
}

const span = ({ start_ms: start, end_ms: end }: { start_ms: number; end_ms: number }) => ({ start: start / 1000, end: end / 1000 });

const laneOf = (name: string, kind: Lane["kind"], appearances: Appearance[]): Lane => ({
  name,
  kind,
  appearances: appearances.sort((a, b) => a.start - b.start),
  total: appearances.reduce((sum, { start, end }) => sum + end - start, 0),
});

/** A lane a label, what is longest in the picture first. */
export function objectLanes(detections: readonly Detection[]): Lane[] {
  const byLabel = new Map<string, Appearance[]>();
  for (const one of detections) {
    const found = byLabel.get(one.label) ?? [];
    found.push({ key: `object-${one.number}`, name: one.label, ...span(one) });
    byLabel.set(one.label, found);
  }
  return [...byLabel]
    .map(([label, found]) => laneOf(label, "object", found))
    .sort((a, b) => b.total - a.total || a.name.localeCompare(b.name));
}

export const textLane = (name: string, texts: readonly WrittenText[]): Lane =>
  laneOf(name, "texts", texts.map((one) => ({ key: `text-${one.number}`, name: one.text, ...span(one) })));

export const shotLane = (name: string, shots: readonly Shot[], nameOf: (number: number) => string): Lane =>
  laneOf(name, "shots", shots.map((one, index) => ({ key: `shot-${one.number}`, name: nameOf(index + 1), ...span(one) })));

/** The next appearance after a time, or before it; around the end. Of one that has just begun it is the next one. */
export function neighbourOf(lane: Lane, seconds: number, direction: 1 | -1): Appearance | undefined {
  const { appearances } = lane;
  const slack = 0.05;
  if (direction === 1) return appearances.find(({ start }) => start > seconds + slack) ?? appearances[0];
  return appearances.findLast(({ start }) => start < seconds - slack) ?? appearances.at(-1);
}

/** The picture that stands for a moment: of the shot that it is in. */
export const pictureAt = (shots: readonly Shot[], seconds: number): string | null =>
  shots.findLast(({ start_ms: start }) => start <= seconds * 1000 + 1)?.picture_url ?? null;
