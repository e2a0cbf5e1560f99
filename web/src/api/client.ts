/** The API, typed by its own description (`schema.d.ts` is generated: `npm run api`). */
import createClient, { type Middleware } from "openapi-fetch";

import { session } from "~/session/session";

import { problemOf } from "./problem";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Asset = Schemas["Asset"];
export type AssetSummary = Schemas["AssetSummary"];
export type AssetEdit = Schemas["AssetEdit"];
export type Job = Schemas["Job"];
export type Rendition = Schemas["Rendition"];
export type Segment = Schemas["Segment"];
export type Project = Schemas["Project"];
export type Me = Schemas["Me"];
export type Publication = Schemas["Publication"];
export type Channel = Schemas["Channel"];
export type Outlet = Schemas["Outlet"];
export type Edit = Schemas["Edit"];
export type Correction = Schemas["Correction"];
export type Speaker = Schemas["Speaker"];
export type Tag = Schemas["Tag"];
export type Detection = Schemas["Detection"];
export type WrittenText = Schemas["WrittenText"];
export type Shot = Schemas["Shot"];
export type Related = Schemas["Related"];
export type Neighbour = Schemas["Neighbour"];
export type DeadLetter = Schemas["DeadLetter"];
export type AssetProgress = Pick<AssetSummary, "status" | "reason" | "reason_code" | "version"> & { hashed: number | null; jobs: Job[] };

const bearer: Middleware = {
  async onRequest({ request }) {
    request.headers.set("authorization", `Bearer ${await session.token()}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) session.expire();
    return undefined;
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(bearer);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * What was asked for.
 *
 * @throws ApiProblem
 */
export async function unwrap<T>(asked: Promise<Answer<T>>): Promise<T> {
  return (await unwrapWhole(asked)).data;
}

/** The same with the answer's headers, for an ETag. */
export async function unwrapWhole<T>(asked: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response, error);
  return { data: data as T, response };
}

/**
 * For what the description does not have: search has a service of its own.
 *
 * @throws ApiProblem
 */
export async function getJson<T>(path: string, query: URLSearchParams, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`${path}?${query}`, {
    headers: { authorization: `Bearer ${await session.token()}` },
    ...(signal && { signal }),
  });
  if (response.status === 401) session.expire();
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  return body as T;
}

/**
 * The same for what changes something; null for an answer without a body.
 *
 * @throws ApiProblem
 */
export async function sendJson<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: { authorization: `Bearer ${await session.token()}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.status === 401) session.expire();
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, answer);
  return answer as T;
}
