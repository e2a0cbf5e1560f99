import { expect, test } from "vitest";

import type { Asset, Channel } from "~/api/client";

import { isPossible, missingFor } from "./missing";

const NOW = new Date("2026-06-01T12:00:00Z");
const channel = (more: Partial<Channel> = {}): Channel => ({
  id: "portada", name: "Portada", type: "web", profile: "web", enabled: true, territories: [], open_until: null, projects: null, settings: null,
  bytes_a_second: null, failures: 0, max_concurrent: 4, updated_at: "2026-01-01T00:00:00Z", ...more,
}); // prettier-ignore
const asset = (more: Partial<Asset> = {}) =>
  ({ status: "ready", uses: [], rights: {}, renditions: [{ profile: "web", status: "ready" }], metadata: { title: "Incendio" }, ...more }) as Asset;
const codes = (a: Asset, c: Channel = channel()) => missingFor(a, c, NOW).map((one) => (one.code === "rights" ? one.reason : one.code));

test("an asset that is ready, titled and free lacks nothing", () => {
  expect(missingFor(asset(), channel(), NOW)).toEqual([]);
});

test("an asset that is not ready and a channel that is off stand in the way", () => {
  const missing = missingFor(asset({ status: "processing" }), channel({ enabled: false }), NOW);
  expect(missing.map(({ code }) => code)).toEqual(["status", "disabled"]);
  expect(isPossible(missing)).toBe(false);
});

test("rights name channels by id or by type", () => {
  expect(codes(asset({ rights: { channels: ["youtube"] } }))).toEqual(["rights-channel"]);
  expect(codes(asset({ rights: { channels: ["web"] } }))).toEqual([]);
  expect(codes(asset({ rights: { channels: ["portada"] } }))).toEqual([]);
});

test("rights of some territories need a channel that is seen nowhere else", () => {
  const spain = asset({ rights: { territories: ["es", "PT"] } });
  expect(codes(spain)).toEqual(["rights-territory"]);
  expect(codes(spain, channel({ territories: ["ES"] }))).toEqual([]);
  expect(codes(spain, channel({ territories: ["ES", "FR"] }))).toEqual(["rights-territory"]);
});

test("an embargo alone only delays; with a hold it does not matter when it ends", () => {
  const early = { use: "publish" as const, allowed: false, not_before: "2026-07-01T00:00:00Z", until: null, override: false };
  const embargo = { code: "rights-embargo", detail: "until July" };
  const delayed = missingFor(asset({ uses: [{ ...early, reasons: [embargo] }] }), channel(), NOW);
  expect(delayed).toEqual([{ level: "later", code: "early", at: early.not_before }]);
  expect(isPossible(delayed)).toBe(true);
  const held = asset({ uses: [{ ...early, not_before: null, reasons: [embargo, { code: "rights-hold", detail: "" }] }] });
  expect(codes(held)).toEqual(["rights-embargo", "rights-hold"]);
});

test("a rendition that is not there is made, a channel that fails is waited for", () => {
  expect(codes(asset({ renditions: [] }))).toEqual(["rendition"]);
  expect(codes(asset({ renditions: [] }), channel({ profile: "master" }))).toEqual([]);
  expect(codes(asset(), channel({ open_until: "2026-06-01T12:05:00Z" }))).toEqual(["paused"]);
  expect(codes(asset(), channel({ open_until: "2026-06-01T11:00:00Z" }))).toEqual([]);
});
