/** How an asset stands to a channel, as the API says it, made ready to be shown. Pure. */
import type { Asset, Outlet } from "~/api/client";

export type Obstacle = Outlet["obstacles"][number];
export type Limit = Outlet["limits"][number];
/** A number of something, or what is shown as it is. */
export type Quantity = { unit: "bytes" | "seconds" | "characters"; value: number } | { unit: "text"; value: string };

const UNITS: Record<string, "bytes" | "seconds" | "characters"> = { size: "bytes", description: "bytes", duration: "seconds", title: "characters", tags: "characters" };

export function quantity(code: string, value: number | string | null): Quantity | null {
  if (value === null || value === "") return null;
  const unit = UNITS[code];
  return typeof value === "number" && unit ? { unit, value } : { unit: "text", value: String(value) };
}

/** Those that do not fit first, each half in the API's order. */
export const worstFirst = (limits: readonly Limit[]): Limit[] => [...limits.filter(({ fits }) => !fits), ...limits.filter(({ fits }) => fits)];

/** It goes out under the name of its file. */
export const isUntitled = ({ metadata }: Pick<Asset, "metadata">): boolean => typeof metadata.title !== "string" || metadata.title.trim() === "";

/** Changes whenever the answer may: what the asset says, its files, its state. */
export const standingVersion = ({ version, status, renditions }: Pick<Asset, "version" | "status" | "renditions">): string =>
  [version, status, ...renditions.map((known) => `${known.profile}:${known.status}`)].join();
