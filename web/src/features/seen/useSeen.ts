/** What machines saw, and people's word on it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, type Tag } from "~/api/client";
import { everyPage } from "~/api/everyPage";

const MOST_PAGES = 10;
/** Pictures of shots are presigned. */
const FRESH_MS = 10 * 60_000;

/** Objects, text and shots of a film; `version` changes when there may be more. */
export function useSeen(id: string, version: string) {
  const detections = useQuery({
    queryKey: ["detections", id, version],
    queryFn: ({ signal }) =>
      everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/detections", { params: { path: { id }, query: { boxes: false, limit: 100, ...cursor } }, signal })), MOST_PAGES),
    staleTime: FRESH_MS,
  });
  const texts = useQuery({
    queryKey: ["texts", id, version],
    queryFn: ({ signal }) => everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/texts", { params: { path: { id }, query: { limit: 500, ...cursor } }, signal })), MOST_PAGES),
    staleTime: FRESH_MS,
  });
  const shots = useQuery({
    queryKey: ["shots", id, version],
    queryFn: ({ signal }) => everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/shots", { params: { path: { id }, query: { limit: 200, ...cursor } }, signal })), MOST_PAGES),
    staleTime: FRESH_MS,
  });
  return { detections, texts, shots };
}

export const useTags = (id: string, version: string) =>
  useQuery({
    queryKey: ["tags", id, version],
    queryFn: ({ signal }) =>
      everyPage((cursor) => unwrap(api.GET("/api/v1/assets/{id}/tags", { params: { path: { id }, query: { rejected: true, limit: 500, ...cursor } }, signal })), MOST_PAGES),
  });

export type TagKind = Tag["kind"];

export function useTagging(id: string) {
  const client = useQueryClient();
  const onSettled = () => Promise.all([["tags", id], ["detections", id], ["search"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  const judge = useMutation({
    mutationFn: (body: { kind: TagKind; value: string; verdict: "added" | "rejected" }) => unwrap(api.POST("/api/v1/assets/{id}/tags", { params: { path: { id } }, body })),
    onSettled,
  });
  const forget = useMutation({
    mutationFn: ({ kind, value }: { kind: TagKind; value: string }) => unwrap(api.DELETE("/api/v1/assets/{id}/tags", { params: { path: { id }, query: { kind, value } } })),
    onSettled,
  });
  return { judge, forget };
}
