import { expect, test } from "vitest";

import { keepInside, pinch, MAX_SCALE, WHOLE, zoomAt } from "./zoom";

test("the point under the pointer stays where it is", () => {
  const zoomed = zoomAt(WHOLE, 2, { x: 100, y: -50 });
  // a point p of the picture is shown at p * scale + offset
  expect((100 - zoomed.x) / zoomed.scale).toBe(100);
  expect((-50 - zoomed.y) / zoomed.scale).toBe(-50);
});

test("there is a nearest and a farthest", () => {
  expect(zoomAt(WHOLE, 0.5, { x: 0, y: 0 }).scale).toBe(1);
  expect(zoomAt(WHOLE, 1e6, { x: 0, y: 0 }).scale).toBe(MAX_SCALE);
});

test("a picture cannot be pushed out of its window", () => {
  expect(keepInside({ scale: 2, x: 900, y: -900 }, { width: 400, height: 300 })).toEqual({ scale: 2, x: 200, y: -150 });
  expect(keepInside({ scale: 1, x: 40, y: 40 }, { width: 400, height: 300 })).toEqual(WHOLE);
});

test("two fingers that go apart bring the picture nearer; what is between them stays there", () => {
  const zoom = pinch(WHOLE, [{ x: -10, y: 0 }, { x: 30, y: 0 }], [{ x: -30, y: 5 }, { x: 50, y: 5 }]);
  expect(zoom.scale).toBe(2);
  // the point that was between the fingers, (10, 0) of the whole picture, is between them: (10, 5)
  expect({ x: 10 * zoom.scale + zoom.x, y: 0 * zoom.scale + zoom.y }).toEqual({ x: 10, y: 5 });
});
