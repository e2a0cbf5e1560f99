import { useQuery } from "@tanstack/react-query";

import { api, getJson, unwrap } from "~/api/client";

const LOOK_MS = 10_000;

export interface IndexState {
  engine: string;
  version: number | null;
  building: number[];
  kept: number[];
  read_until: string | null;
  unread: number;
  oldest_unread_s: number;
  refused: number;
}

export const usePlatform = () =>
  useQuery({ queryKey: ["admin", "platform"], queryFn: ({ signal }) => unwrap(api.GET("/api/v1/platform", { signal })), refetchInterval: LOOK_MS });

/** Search has a service of its own: the one does not wait for the other. */
export const useIndexes = () =>
  useQuery({
    queryKey: ["admin", "indexes"],
    queryFn: ({ signal }) => getJson<{ engines: IndexState[]; meaning_model: string | null }>("/api/v1/search/state", new URLSearchParams(), signal),
    refetchInterval: LOOK_MS,
  });
