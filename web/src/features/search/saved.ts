/** Searches as they are kept: the parameters of the search service, without how they are looked at. Pure. */
import { FILTERS, isNarrowed, readSearchParams, type SearchParams } from "./searchParams";

/** What would be kept of a search; null when there is nothing to search for, or it is one that cannot be kept. */
export function toParameters(params: SearchParams): Record<string, string[]> | null {
  if (params.like || !isNarrowed(params)) return null;
  const kept: Record<string, string[]> = {};
  if (params.q) kept.q = [params.q];
  for (const name of FILTERS) if (params[name]?.length) kept[name] = params[name];
  if (params.date) kept.date = [params.date];
  if (params.collection) kept.collection = [params.collection];
  return params.sort ? { ...kept, sort: [params.sort] } : kept;
}

export const fromParameters = (parameters: Record<string, string[]>): SearchParams =>
  readSearchParams(Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.length === 1 ? values[0] : values])));
