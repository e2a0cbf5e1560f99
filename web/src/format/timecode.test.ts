import { describe, expect, test } from "vitest";

import { clock, clockTenths, frameAt, middleOf, parseFps, timecode } from "./timecode";

describe("frames", () => {
  test("a seek to the middle of a frame shows that frame, at every rate", () => {
    for (const fps of [24, 25, 30_000 / 1001, 50, 60_000 / 1001]) {
      for (const frame of [0, 1, 24, 25, 899, 107_891]) expect(frameAt(middleOf(frame, fps), fps)).toBe(frame);
    }
  });

  test("a clock that is a hair early still belongs to its frame", () => {
    expect(frameAt(2 - 1e-7, 25)).toBe(50);
    expect(frameAt(1.999_6, 25)).toBe(50);
    expect(frameAt(1.99, 25)).toBe(49);
  });

  test("rates are read as the probe says them", () => {
    expect(parseFps("25/1")).toBe(25);
    expect(parseFps("30000/1001")).toBeCloseTo(29.97, 2);
    expect([parseFps("0/0"), parseFps("x"), parseFps(null), parseFps("25/0")]).toEqual([null, null, null, null]);
  });
});

describe("times", () => {
  test("of a film have frames", () => {
    expect(timecode(3723.48, 25)).toBe("01:02:03:12");
    expect(timecode(0, 25)).toBe("00:00:00:00");
  });

  test("for people are as short as they can be", () => {
    expect([clock(0), clock(65.9), clock(3600), clock(-1)]).toEqual(["0:00", "1:05", "1:00:00", "0:00"]);
    expect([clockTenths(4.2), clockTenths(59.99)]).toEqual(["0:04.2", "0:59.9"]);
  });
});
