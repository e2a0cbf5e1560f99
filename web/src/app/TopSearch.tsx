import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";

import { askAhead } from "~/features/search/api/useSearch";
import { SearchBox } from "~/features/search/components/SearchBox";
import { focusResults } from "~/features/search/components/VirtualRows";
import { readSearchParams, toggleFilter, type SearchParams } from "~/features/search/searchParams";

/** The box of the top bar: on the search page it changes what is there, elsewhere it leads to it. */
export function TopSearch() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const location = useRouterState({ select: (state) => state.location });
  const searching = location.pathname === "/";
  const params: SearchParams = searching ? readSearchParams(location.search) : {};
  const query = searching ? (params.q ?? "") : ((location.search as { q?: string }).q ?? "");

  const go = (search: SearchParams, replace: boolean) => {
    if (searching) askAhead(client, readSearchParams(search));
    void navigate({ to: "/", search, replace });
  };
  const withQuery = (q: string): SearchParams => {
    const { q: old, like, ...rest } = params; // words are looked for everywhere, or in a collection
    return q ? { ...rest, q } : rest;
  };
  return (
    <SearchBox
      query={query}
      onQuery={(q, committed) => {
        if (!searching && !committed) return;
        // typing replaces; the first letter and Enter leave a step to come back to
        go(withQuery(q), searching && !committed && Boolean(params.q));
      }}
      onFilter={(filter, value, q) => go(toggleFilter(withQuery(q), filter, value), false)}
      onAsset={(id) => void navigate({ to: "/assets/$id", params: { id } })}
      onLeave={focusResults}
    />
  );
}
