import { useQuery } from "@tanstack/react-query";

import { api, unwrap, type Project } from "./client";

const MOST_PAGES = 20;

/** Every project that one may see (up to 4,000), by id. */
export const useProjects = () =>
  useQuery({
    queryKey: ["projects"],
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) => {
      const found: Project[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MOST_PAGES; page++) {
        const query: { limit: number; cursor?: string } = { limit: 200, ...(cursor !== null && { cursor }) };
        const answer: { items: Project[]; next_cursor: string | null } = await unwrap(
          api.GET("/api/v1/projects", { params: { query }, signal }),
        );
        found.push(...answer.items);
        cursor = answer.next_cursor;
        if (cursor === null) break;
      }
      return found;
    },
  });

/** A project's name, or its id while that is not known. */
export function useProjectName(): (id: string) => string {
  const { data } = useProjects();
  return (id) => data?.find((project) => project.id === id)?.name ?? id;
}
