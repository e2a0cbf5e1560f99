import { expect, test } from "vitest";

import { batchFrom, partSize } from "./parts";

const MIB = 1 << 20;

test("parts have the sizes that the API gives out", () => {
  // the same numbers as tests/contract/test_web_client.py asks of the API's own rule
  expect([1, 5_000 * MIB, 5_000 * MIB + 1, 16_000 * MIB + 1, 64_000 * MIB + 1, 5 * 1024 ** 4].map(partSize)).toEqual([
    5 * MIB, 5 * MIB, 16 * MIB, 64 * MIB, 100 * MIB, 525 * MIB,
  ]); // prettier-ignore
});

test("parts are signed ahead, but never past the last one", () => {
  expect(batchFrom(1, 100, 3)).toEqual([1, 2, 3]);
  expect(batchFrom(99, 100, 16)).toEqual([99, 100]);
});
