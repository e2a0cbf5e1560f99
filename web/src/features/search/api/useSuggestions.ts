import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { getJson } from "~/api/client";

import { MAX_QUERY } from "../searchParams";
import type { Suggestions } from "./answers";

export const useSuggestions = (text: string, enabled: boolean) =>
  useQuery({
    queryKey: ["suggest", text],
    queryFn: ({ signal }) => getJson<Suggestions>("/api/v1/search/suggest", new URLSearchParams({ q: text, limit: "6" }), signal),
    enabled: enabled && text.trim().length > 0 && text.length <= MAX_QUERY,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
