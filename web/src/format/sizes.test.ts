import { expect, test } from "vitest";

import { formatBytes } from "./sizes";

test("sizes are in the unit that makes them short, in the reader's language", () => {
  expect(formatBytes(999, "en")).toBe("999 byte");
  expect(formatBytes(27_395_485, "en")).toBe("27.4 MB");
  expect(formatBytes(27_395_485, "es")).toBe("27,4 MB");
  expect(formatBytes(999_600, "en")).toBe("1 MB");
  expect(formatBytes(5e15, "en")).toBe("5,000 TB");
});
