import { expect, test } from "vitest";

import { levelsOf } from "./levels";

test("the tallest quality is offered first, with the engine's own number", () => {
  expect(levelsOf([{ height: 360, bitrate: 800_000 }, { height: 1080, bitrate: 5_000_400 }])).toEqual([
    { index: 1, height: 1080, kbps: 5000 },
    { index: 0, height: 360, kbps: 800 },
  ]);
});

test("of two with the same height (another codec, another sound) the better is offered", () => {
  expect(levelsOf([{ height: 720, bitrate: 2_000_000 }, { height: 720, bitrate: 2_500_000 }, { height: 720, bitrate: 1_000_000 }])).toEqual([{ index: 1, height: 720, kbps: 2500 }]);
});
