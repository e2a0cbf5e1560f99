import { useInfiniteQuery, useMutation } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import type { components } from "~/api/schema";

export type AuditRow = components["schemas"]["AuditRow"];
export type AuditVerdict = components["schemas"]["AuditVerdict"];

/** What is looked for; empty is anything. Times as `datetime-local` fields have them. */
export interface AuditFilter {
  who: string;
  what: string;
  asset: string;
  project: string;
  result: "" | "done" | "denied";
  since: string;
  until: string;
}

export const NO_FILTER: AuditFilter = { who: "", what: "", asset: "", project: "", result: "", since: "", until: "" };
const PAGE = 100;
const MOST_ROUNDS = 10_000;

const instant = (local: string): string => new Date(local).toISOString();

/** As the API has it. */
export const auditQuery = ({ who, what, asset, project, result, since, until }: AuditFilter) => ({
  ...(who && { who }),
  ...(what && { what }),
  ...(asset && { asset_id: asset }),
  ...(project && { project }),
  ...(result && { result }),
  ...(since && { since: instant(since) }),
  ...(until && { until: instant(until) }),
});

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
