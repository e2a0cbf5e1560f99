import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "./client";

export type Action = "view" | "upload" | "edit" | "delete" | "download" | "stream" | "retry" | "cancel" | "operate";

export const useMe = () =>
  useQuery({ queryKey: ["me"], queryFn: ({ signal }) => unwrap(api.GET("/api/v1/me", { signal })), staleTime: 5 * 60_000 });
