import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { DOWNLOAD_FRESH_MS, fetchView, type Seen } from "~/api/downloads";

const STREAM_FRESH_MS = 3 * 3600_000;

/** A playlist's URL with a token of its own, good for some hours. */
export const useStream = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ["stream", id],
    queryFn: ({ signal }) => unwrap(api.POST("/api/v1/assets/{id}/streams", { params: { path: { id } }, signal })),
    enabled,
    staleTime: STREAM_FRESH_MS,
    refetchOnWindowFocus: false,
  });

/** Where one file of an asset is, for an element that loads it by itself. It is not asked again behind the element's back. */
export const useFileUrl = (id: string, what: Seen, enabled: boolean) =>
  useQuery({
    queryKey: ["file", id, what],
    queryFn: ({ signal }) => fetchView(id, what, signal).then(({ url }) => url),
    enabled,
    staleTime: DOWNLOAD_FRESH_MS,
    gcTime: DOWNLOAD_FRESH_MS,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The contents of a small file, as text. */
export const useFileText = (id: string, what: Seen, enabled: boolean) =>
  useQuery({
    queryKey: ["text", id, what],
    queryFn: async ({ signal }) => {
      const { url } = await fetchView(id, what, signal);
      const response = await fetch(url, { signal });
      if (!response.ok) throw new TypeError(`the object store answered ${response.status}`);
      return response.text();
    },
    enabled,
    staleTime: Infinity,
  });
