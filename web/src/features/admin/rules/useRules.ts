import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

export type Rule = components["schemas"]["Rule"];
type RuleSet = components["schemas"]["RuleSet"];

const KEY = ["admin", "rules"] as const;
const PAGE = 100;
const MOST_CHANNELS = 200;

export const useRules = (project: string | null) =>
  useInfiniteQuery({
    enabled: project !== null,
    queryKey: [...KEY, project],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/publication-rules", {
          params: { query: { project: project ?? "", limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

/** Dry run: what the rule would publish now. */
export const useMatches = (id: string) =>
  useInfiniteQuery({
    queryKey: [...KEY, "matches", id],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/publication-rules/{id}/matches", {
          params: { path: { id }, query: { limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 0,
  });

/** The channels that assets of a project may go to. */
export const useProjectChannels = (project: string) =>
  useQuery({
    queryKey: [...KEY, "channels", project],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/channels", { params: { query: { project, limit: MOST_CHANNELS } }, signal })),
  });

export function useRuleChanges() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: KEY });
  const save = useMutation({
    mutationFn: ({ id, ...body }: RuleSet & { id: string | null }) =>
      id === null
        ? unwrap(api.POST("/api/v1/publication-rules", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body }))
        : unwrap(api.PUT("/api/v1/publication-rules/{id}", { params: { path: { id } }, body })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/publication-rules/{id}", { params: { path: { id } } })),
    onSettled,
  });
  return { save, remove };
}

/** A rule as it is set, with this much changed. */
export function ruleSetOf(rule: Rule, enabled: boolean): RuleSet & { id: string } {
  const { id, name, channel_id, project_id, tag, kind, profile, metadata } = rule;
  return { id, name, channel_id, project_id, tag, kind, profile, metadata, enabled };
}
