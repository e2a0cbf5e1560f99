import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { ApiProblem } from "~/api/problem";

import { parseTrack, type Tile } from "../thumbnailTrack";

/** Links in a track are good for a quarter of an hour at least. */
const FRESH_MS = 10 * 60_000;

/** The thumbnail track of a film; empty when it has none. */
export const useTrack = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ["track", id],
    queryFn: async ({ signal }): Promise<Tile[]> => {
      try {
        const path = { id, path: "thumbnails.vtt" };
        return parseTrack(await unwrap<string>(api.GET("/api/v1/assets/{id}/hls/{path}", { params: { path }, parseAs: "text", signal })));
      } catch (fault) {
        if (fault instanceof ApiProblem && fault.status < 500) return []; // no stream (yet), or no track in it
        throw fault;
      }
    },
    enabled,
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    refetchOnWindowFocus: false,
  });
