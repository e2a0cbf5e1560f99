import { expect, test } from "vitest";

import { parsePeaks } from "./peaks";

const file = { version: 2, channels: 2, sample_rate: 48_000, samples_per_pixel: 2_400, bits: 8, length: 2, data: [-128, 127, -1, 1, -64, 64, 0, 0] };

test("channels are told apart and scaled to one", () => {
  const { channels, duration } = parsePeaks(JSON.stringify(file));
  expect(channels).toEqual([
    [-1, 127 / 128, -0.5, 0.5],
    [-1 / 128, 1 / 128, 0, 0],
  ]);
  expect(duration).toBeCloseTo(0.1);
});

test("what is no waveform is refused", () => {
  expect(() => parsePeaks("{}")).toThrow("not a waveform");
});
