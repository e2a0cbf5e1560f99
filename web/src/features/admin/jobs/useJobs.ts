import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, type Job } from "~/api/client";

const KEY = ["admin", "jobs"] as const;
const PAGE = 100;
const LOOK_MS = 3_000;

export interface JobFilter {
  state: Job["state"] | null;
  kind: string | null;
  project: string | null;
}

export const isOpen = ({ state }: Pick<Job, "state">): boolean => state === "queued" || state === "running";

/** Jobs of all projects, newest first, looked at again while one of them goes on. */
export const useJobs = ({ state, kind, project }: JobFilter) =>
  useInfiniteQuery({
    queryKey: [...KEY, state, kind, project],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/jobs", {
          params: {
            query: {
              limit: PAGE,
              ...(state !== null && { state }),
              ...(kind !== null && { kind }),
              ...(project !== null && { project }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some(isOpen)) ? LOOK_MS : false),
  });

export function useCancelJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/jobs/{id}", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
