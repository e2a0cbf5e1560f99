import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api, unwrap, type Publication } from "~/api/client";
import { everyPage } from "~/api/everyPage";
import { followPublication } from "~/api/follow";
import { fromLocal } from "~/format/moments";

const LOOK_MS = 5_000;
const MOST = 100;
const MOST_CHANNEL_PAGES = 5;
/** Streams that are open at once: browsers share six connections between all of an origin's (HTTP/1.1). */
const MOST_STREAMS = 2;
const RESTING = new Set<Publication["state"]>(["published", "withdrawn", "failed"]);

const publicationsKey = (assetId: string) => ["publications", assetId] as const;
type List = { items: Publication[]; next_cursor: string | null };

/** At rest, and where it is wanted. */
export const isSettled = ({ state, wanted, revision, live_revision: live }: Publication): boolean =>
  state === "published" ? wanted === "live" && live >= revision : RESTING.has(state);

/** Where an asset is, was or shall be. What is on its way is followed; the list itself is looked at now and then, for what others ask for. */
export function usePublications(assetId: string) {
  const client = useQueryClient();
  const query = useQuery<List>({
    queryKey: publicationsKey(assetId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/assets/{id}/publications", { params: { path: { id: assetId }, query: { limit: MOST } }, signal })),
    refetchInterval: ({ state }) => (state.data?.items.every(isSettled) === false ? LOOK_MS : false),
  });
  const moving = (query.data?.items ?? [])
    .filter((known) => !isSettled(known))
    .map(({ id }) => id)
    .slice(0, MOST_STREAMS)
    .join();
  useEffect(() => {
    if (moving === "") return;
    const abort = new AbortController();
    const show = (now: Publication) =>
      client.setQueryData<List>(publicationsKey(assetId), (list) => list && { ...list, items: list.items.map((known) => (known.id === now.id ? { ...known, ...now } : known)) });
    for (const id of moving.split(",")) void followPublication(id, show, abort.signal);
    return () => abort.abort();
  }, [client, assetId, moving]);
  return query;
}

/** Where it can go, and what is missing for each; `version` is of everything that this depends on. */
export const useOutlets = (id: string, version: string) =>
  useQuery({
    queryKey: ["outlets", id, version],
    queryFn: ({ signal }) =>
      everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/outlets", { params: { path: { id }, query: { limit: MOST, ...cursor } }, signal })), MOST_CHANNEL_PAGES),
    placeholderData: (before) => before,
    staleTime: 30_000,
  });

/** What was tried so far; `version` is when the publication last changed. */
export const useAttempts = (id: string, version: string) =>
  useQuery({
    queryKey: ["publication", id, version],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/publications/{id}", { params: { path: { id } }, signal })),
    placeholderData: (before) => before,
  });

export interface Order {
  channel: string;
  /** Local times as the browser's fields have them; empty: at once, never. */
  at: string;
  until: string;
}

export function usePublishing(assetId: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: publicationsKey(assetId) });
  const publish = useMutation({
    mutationFn: ({ channel, at, until }: Order) =>
      unwrap(
        api.POST("/api/v1/assets/{id}/publications", {
          params: { path: { id: assetId }, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: { channel_id: channel, ...(at && { publish_at: fromLocal(at) }), ...(until && { withdraw_at: fromLocal(until) }) },
        }),
      ),
    onSettled,
  });
  const withdraw = useMutation({ mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/publications/{id}", { params: { path: { id } } })), onSettled });
  const retry = useMutation({ mutationFn: (id: string) => unwrap(api.POST("/api/v1/publications/{id}/retry", { params: { path: { id } } })), onSettled });
  return { publish, withdraw, retry };
}
