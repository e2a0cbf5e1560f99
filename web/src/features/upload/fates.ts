/** What is known of a file after it has arrived. Pure. */
import type { AssetProgress, AssetSummary } from "~/api/client";

export interface Fate {
  status: AssetSummary["status"];
  /** Why it is so: the service's sentence and its code. */
  reason: string | null;
  reason_code: string | null;
  /** 0 to 1 over its jobs, or of the reading through that comes before them, when it is known. */
  progress: number | null;
  /** The asset that has the same bytes; undefined while nobody has asked. */
  duplicateOf?: string | null;
}

export const isOver = (fate: Fate | undefined): boolean => fate !== undefined && fate.status !== "uploading" && fate.status !== "processing";

/** Whether it is known if it was there before. */
export const isTold = (fate: Fate | undefined): boolean => fate?.duplicateOf !== undefined;

/** Live: its state, and the mean of its jobs; before there are any, how far its file is read through. */
export const fateOf = ({ status, reason, reason_code, hashed, jobs }: AssetProgress): Fate => ({
  status,
  reason,
  reason_code,
  progress: jobs.length > 0 ? jobs.reduce((sum, job) => sum + job.progress, 0) / jobs.length : hashed,
});

/** From the list, which knows of no jobs. */
export const listedFate = ({ status, reason, reason_code }: Pick<AssetSummary, "status" | "reason" | "reason_code">, before: Fate | undefined): Fate => ({
  status,
  reason,
  reason_code,
  progress: before?.progress ?? null,
});

/** The stream has ended: over, or gone before anything could be said of it. */
export const finishedFate = (before: Fate | undefined): Fate => (before && isOver(before) ? before : { status: "deleted", reason: null, reason_code: null, progress: null });
