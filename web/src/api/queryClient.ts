import { QueryClient } from "@tanstack/react-query";

import { isPassing } from "./problem";

export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, fault) => failures < 2 && isPassing(fault),
        staleTime: 15_000,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
