import { useInfiniteQuery, useMutation } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

import { auditQuery, type AuditFilter } from "./filter";

export type AuditRow = components["schemas"]["AuditRow"];
export type AuditVerdict = components["schemas"]["AuditVerdict"];

const PAGE = 100;
const MOST_ROUNDS = 10_000;

export const useAudit = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ["admin", "audit", filter],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/audit", { params: { query: { ...auditQuery(filter), limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false, // looking at the log writes to it
  });

/** The log that fits as a file on the person's disk; the browser keeps a long one on the disk meanwhile. */
export const useExport = () =>
  useMutation({
    mutationFn: async ({ filter, format }: { filter: AuditFilter; format: "jsonl" | "csv" }) => {
      const data = await unwrap(api.GET("/api/v1/audit/export", { params: { query: { ...auditQuery(filter), format } }, parseAs: "blob" }));
      const url = URL.createObjectURL(data);
      const link = document.createElement("a");
      link.href = url;
      link.download = `audit.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
  });

/** Every seal of the log, made again from its rows; the parts of a long log one after the other. */
export const useVerify = () =>
  useMutation({
    mutationFn: async (): Promise<AuditVerdict> => {
      let cursor: string | null = null;
      let rows = 0;
      let seals = 0;
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const query: { cursor?: string } = cursor === null ? {} : { cursor };
        const part: AuditVerdict = await unwrap(api.GET("/api/v1/audit/verify", { params: { query } }));
        rows += part.rows;
        seals += part.seals;
        cursor = part.next_cursor;
        if (!part.whole || cursor === null) return { ...part, rows, seals };
      }
      throw new Error("the audit log has no end");
    },
  });
