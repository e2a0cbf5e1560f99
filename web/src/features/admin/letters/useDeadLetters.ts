import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

const KEY = ["dead-letters"] as const;

export const useDeadLetters = (waiting: boolean) =>
  useInfiniteQuery({
    queryKey: [...KEY, waiting],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/dead-letters", { params: { query: { waiting, limit: 100, ...(pageParam !== null && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const useDeadLetter = (id: number) =>
  useQuery({
    queryKey: [...KEY, "one", id],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dead-letters/{id}", { params: { path: { id } }, signal })),
  });

export function useReplay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => unwrap(api.POST("/api/v1/dead-letters/{id}/replay", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useReplayMany() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { event_type: string | null; destination: string | null; limit: number; per_second: number }) =>
      unwrap(api.POST("/api/v1/dead-letters/replay", { body })),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
