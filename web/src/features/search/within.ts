/** Looking for words and filters in assets that are at hand, without an index. Pure. */
import type { AssetSummary } from "~/api/client";

import type { Bucket } from "./api/answers";
import { FILTERS, type FilterName, type SearchParams } from "./searchParams";

type Searched = Pick<AssetSummary, "name" | "kind" | "status" | "project_id" | "language" | "metadata" | "created_at">;

const fold = (text: string): string => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);

/** The title that people know it by, and what it has for each filter. */
export function valuesOf(asset: Searched): Record<FilterName, string[]> & { title: string } {
  const { title, keywords, people } = asset.metadata;
  return {
    title: typeof title === "string" && title.trim() ? title : asset.name,
    type: asset.kind ? [asset.kind] : [],
    project: [asset.project_id],
    tag: listOf(keywords),
    person: listOf(people),
    language: asset.language ? [asset.language] : [],
    status: [asset.status],
  };
}

/** Whether every word is somewhere in what people wrote about it, and every filter has one of its values. */
export function matches(asset: Searched, params: SearchParams): boolean {
  const values = valuesOf(asset);
  const text = fold([asset.name, ...Object.values(asset.metadata).flatMap((value) => (typeof value === "string" ? [value] : listOf(value)))].join("\n"));
  const words = fold(params.q ?? "").split(/[\s"]+/).filter(Boolean);
  return (
    words.every((word) => text.includes(word)) &&
    FILTERS.every((name) => !params[name]?.length || params[name].some((wanted) => values[name].includes(wanted))) &&
    (!params.date || asset.created_at.startsWith(params.date))
  );
}

/** How many of the assets have each value, most first. */
export function bucketsOf(assets: readonly Searched[]): Record<string, Bucket[]> {
  const all = assets.map(valuesOf);
  return Object.fromEntries(
    FILTERS.map((name) => {
      const counts = new Map<string, number>();
      for (const values of all) for (const value of new Set(values[name])) counts.set(value, (counts.get(value) ?? 0) + 1);
      return [name, [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))];
    }),
  );
}
