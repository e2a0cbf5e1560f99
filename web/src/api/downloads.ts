/** Presigned URLs of one object, good for a quarter of an hour. */
import { api, unwrap } from "./client";
import type { components } from "./schema";

export type Seen = components["schemas"]["ViewOrder"]["what"];

export const fetchDownload = (id: string, what: string, signal?: AbortSignal) =>
  unwrap(api.POST("/api/v1/assets/{id}/downloads", { params: { path: { id } }, body: { what }, ...(signal && { signal }) }));

/** The same for what is shown or played on the page: rights that forbid a download do not hide it. */
export const fetchView = (id: string, what: Seen, signal?: AbortSignal) =>
  unwrap(api.POST("/api/v1/assets/{id}/views", { params: { path: { id } }, body: { what }, ...(signal && { signal }) }));

/** How long one may be kept and still be good when it is used. */
export const DOWNLOAD_FRESH_MS = 10 * 60_000;
