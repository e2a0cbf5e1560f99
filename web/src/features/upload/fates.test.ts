import { expect, test } from "vitest";

import { fateOf, finishedFate, isOver, isTold, listedFate } from "./fates";

const job = (progress: number) => ({ progress }) as Parameters<typeof fateOf>[0]["jobs"][number];

test("progress is the mean of the jobs, and nothing where there are none", () => {
  expect(fateOf({ status: "processing", reason: null, reason_code: null, version: 1, hashed: null, jobs: [job(0.5), job(1)] }).progress).toBe(0.75);
  expect(fateOf({ status: "processing", reason: null, reason_code: null, version: 1, hashed: null, jobs: [] }).progress).toBeNull();
  expect(fateOf({ status: "processing", reason: null, reason_code: null, version: 1, hashed: 0.25, jobs: [] }).progress).toBe(0.25);
});

test("the list does not forget what was seen live, and says nothing about duplicates", () => {
  const live = fateOf({ status: "processing", reason: null, reason_code: null, version: 1, hashed: null, jobs: [job(0.5)] });
  const listed = listedFate({ status: "ready", reason: null, reason_code: null }, live);
  expect([listed.progress, isOver(listed), isTold(listed)]).toEqual([0.5, true, false]);
});

test("a stream that ends without an end is an asset that is gone; one that has ended stays as it was", () => {
  expect(finishedFate(undefined).status).toBe("deleted");
  expect(finishedFate({ status: "processing", reason: null, reason_code: null, progress: null }).status).toBe("deleted");
  expect(finishedFate({ status: "ready", reason: null, reason_code: null, progress: 1 }).status).toBe("ready");
});
