import type { AssetSummary } from "~/api/client";

/** What people know it by: the title that somebody gave it, else its file's name. */
export function titleOf({ metadata: { title }, name }: Pick<AssetSummary, "name" | "metadata">): string {
  return typeof title === "string" && title.trim() ? title : name;
}
