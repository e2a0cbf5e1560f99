/**
 * What stands between an asset and a channel, as far as the page can know it. Pure; the API decides, and the channel itself looks at the file.
 *
 * Rights of a channel as in acervo/rights.py: `channels` names ids or types, `territories` must cover every territory the channel is seen in.
 */
import type { Asset, Channel } from "~/api/client";

export type Missing =
  /** It cannot be published. */
  | { level: "no"; code: "status" | "disabled" }
  | { level: "no"; code: "rights"; reason: string; detail: string }
  /** It is published later, by itself. */
  | { level: "later"; code: "early" | "paused"; at: string }
  | { level: "later"; code: "rendition" | "renditionFailed"; profile: string }
  /** It is published, but perhaps not as one wants. */
  | { level: "note"; code: "title" };

const TIMES = new Set(["rights-embargo", "rights-not-yet"]);
/** What an asset always has. */
const MASTER = "master";

export function missingFor(asset: Pick<Asset, "status" | "uses" | "rights" | "renditions" | "metadata">, channel: Channel, now: Date): Missing[] {
  return [...stateOf(asset, channel, now), ...rightsOf(asset, channel), ...renditionOf(asset, channel), ...titleOf(asset)];
}

export const isPossible = (missing: readonly Missing[]): boolean => missing.every(({ level }) => level !== "no");

function stateOf(asset: Pick<Asset, "status">, channel: Channel, now: Date): Missing[] {
  return [
    ...(asset.status === "ready" ? [] : [{ level: "no", code: "status" } as const]),
    ...(channel.enabled ? [] : [{ level: "no", code: "disabled" } as const]),
    ...(channel.open_until !== null && new Date(channel.open_until) > now ? [{ level: "later", code: "paused", at: channel.open_until } as const] : []),
  ];
}

function rightsOf({ uses = [], rights }: Pick<Asset, "uses" | "rights">, channel: Channel): Missing[] {
  const found: Missing[] = [];
  const publish = uses.find(({ use }) => use === "publish");
  const early = publish?.not_before ?? null;
  for (const { code, detail } of publish?.allowed === false ? publish.reasons : []) {
    if (early === null || !TIMES.has(code)) found.push({ level: "no", code: "rights", reason: code, detail });
  }
  const channels = names(rights.channels);
  if (channels.length > 0 && !channels.includes(channel.id) && !channels.includes(channel.type)) {
    found.push({ level: "no", code: "rights", reason: "rights-channel", detail: channel.id });
  }
  const allowed = names(rights.territories).map((code) => code.toUpperCase());
  const covered = channel.territories.length > 0 && channel.territories.every((code) => allowed.includes(code.toUpperCase()));
  if (allowed.length > 0 && !covered) found.push({ level: "no", code: "rights", reason: "rights-territory", detail: channel.territories.join() });
  if (early !== null && publish?.allowed === false && found.length === 0) found.push({ level: "later", code: "early", at: early });
  return found;
}

function renditionOf({ renditions }: Pick<Asset, "renditions">, { profile }: Channel): Missing[] {
  const known = renditions.find((rendition) => rendition.profile === profile);
  if (profile === MASTER || known?.status === "ready") return [];
  return [{ level: "later", code: known?.status === "failed" ? "renditionFailed" : "rendition", profile }];
}

function titleOf({ metadata }: Pick<Asset, "metadata">): Missing[] {
  return typeof metadata.title === "string" && metadata.title.trim() !== "" ? [] : [{ level: "note", code: "title" }];
}

const names = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);
