/** Where in an asset: a second, a range, the words that led here. Pure. */
export interface AssetParams {
  t?: number;
  in?: number;
  out?: number;
  q?: string;
}

function seconds(raw: unknown): number | undefined {
  const value = typeof raw === "string" && raw !== "" ? Number(raw) : raw;
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value * 1000) / 1000 : undefined;
}

export function readAssetParams(raw: Record<string, unknown>): AssetParams {
  const [t, start, end] = [seconds(raw.t), seconds(raw.in), seconds(raw.out)];
  return {
    ...(t !== undefined && { t }),
    ...(start !== undefined && { in: start }),
    ...(end !== undefined && { out: end }),
    ...(typeof raw.q === "string" && raw.q && { q: raw.q.slice(0, 256) }),
  };
}
