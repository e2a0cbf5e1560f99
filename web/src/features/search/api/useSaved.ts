import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { getJson, sendJson } from "~/api/client";

import type { Listed, Match, SavedSearch } from "./answers";

const PATH = "/api/v1/search/saved";
const KEY = ["saved-searches"];
/** As many as one may keep. */
const MOST = 100;
const NEWS = 20;

type Wanted = Pick<SavedSearch, "name" | "parameters" | "notify">;

/** One's own, newest first. */
export const useSavedSearches = () =>
  useQuery({ queryKey: KEY, queryFn: ({ signal }) => getJson<Listed<SavedSearch>>(PATH, new URLSearchParams({ limit: String(MOST) }), signal).then((page) => page.items) });

/** What one's searches with notices found, newest first. */
export const useMatches = () =>
  useInfiniteQuery({
    queryKey: ["search-matches"],
    queryFn: ({ pageParam, signal }) =>
      getJson<Listed<Match>>("/api/v1/search/matches", new URLSearchParams({ limit: String(NEWS), ...(pageParam && { cursor: pageParam }) }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });

/** Keep a search: a new one, or another of the same id (only if nobody changed it meanwhile). */
export function useSave() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ known, wanted }: { known: SavedSearch | undefined; wanted: Wanted }) =>
      known ? sendJson<SavedSearch>("PUT", `${PATH}/${known.id}`, wanted, { "if-match": `"${known.version}"` }) : sendJson<SavedSearch>("POST", PATH, wanted),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDrop() {
  const client = useQueryClient();
  return useMutation({ mutationFn: ({ id }: SavedSearch) => sendJson<null>("DELETE", `${PATH}/${id}`), onSettled: () => client.invalidateQueries({ queryKey: KEY }) });
}

export const useForget = () => useMutation({ mutationFn: () => sendJson<null>("DELETE", "/api/v1/search/history") });
