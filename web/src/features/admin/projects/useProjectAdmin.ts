import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

const KEY = ["admin", "projects"] as const;
const PAGE = 100;

export const useProjectPages = () =>
  useInfiniteQuery({
    queryKey: KEY,
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/projects", { params: { query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const useProject = (project: string) =>
  useQuery({
    queryKey: [...KEY, "one", project],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/projects/{project}", { params: { path: { project } }, signal })),
  });

export const useMembers = (project: string) =>
  useInfiniteQuery({
    queryKey: [...KEY, "members", project],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/projects/{project}/members", {
          params: { path: { project }, query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

/** What can be done with projects; every list of them is looked at again afterwards. */
export function useProjectChanges() {
  const client = useQueryClient();
  const onSettled = () => Promise.all([client.invalidateQueries({ queryKey: KEY }), client.invalidateQueries({ queryKey: ["projects"] })]);
  const make = useMutation({
    mutationFn: (body: { id: string; name: string; quota_bytes: number }) => unwrap(api.POST("/api/v1/projects", { body })),
    onSettled,
  });
  const edit = useMutation({
    mutationFn: ({ project, ...body }: { project: string; name: string; quota_bytes: number }) =>
      unwrap(api.PATCH("/api/v1/projects/{project}", { params: { path: { project } }, body })),
    onSettled,
  });
  const admit = useMutation({
    mutationFn: (path: { project: string; principal: string }) => unwrap(api.PUT("/api/v1/projects/{project}/members/{principal}", { params: { path } })),
    onSettled,
  });
  const dismiss = useMutation({
    mutationFn: (path: { project: string; principal: string }) => unwrap(api.DELETE("/api/v1/projects/{project}/members/{principal}", { params: { path } })),
    onSettled,
  });
  return { make, edit, admit, dismiss };
}
