import { expect, test } from "vitest";

import type { Detection, Shot } from "~/api/client";

import { neighbourOf, objectLanes, pictureAt, shotLane } from "./tracks";

const seen = (number: number, label: string, start_ms: number, end_ms: number) => ({ number, label, start_ms, end_ms }) as Detection;
const shot = (number: number, start_ms: number, end_ms: number) => ({ number, start_ms, end_ms, picture_url: `/${number}.webp` }) as Shot;

const lanes = objectLanes([seen(0, "dog", 4_000, 5_000), seen(1, "person", 0, 9_000), seen(2, "dog", 1_000, 2_000)]);

test("a label is a lane, in order of time; what is longest in the picture comes first", () => {
  expect(lanes.map(({ name, total }) => [name, total])).toEqual([["person", 9], ["dog", 2]]);
  expect(lanes[1]?.appearances.map(({ start }) => start)).toEqual([1, 4]);
});

test("the next appearance is the one that begins later, and after the last comes the first", () => {
  const dog = lanes[1];
  expect(dog && [0, 1, 1.5, 4, 9].map((at) => neighbourOf(dog, at, 1)?.start)).toEqual([1, 4, 4, 1, 1]);
  expect(dog && [0, 1, 1.5, 4.5].map((at) => neighbourOf(dog, at, -1)?.start)).toEqual([4, 4, 1, 4]);
});

test("shots are counted from one, and lend their picture to what happens in them", () => {
  const shots = [shot(0, 0, 2_000), shot(1, 2_000, 4_000)];
  expect(shotLane("Shots", shots, (number) => `Shot ${number}`).appearances.map(({ name }) => name)).toEqual(["Shot 1", "Shot 2"]);
  expect([pictureAt(shots, 1.9), pictureAt(shots, 2), pictureAt([], 2)]).toEqual(["/0.webp", "/1.webp", null]);
});
