/** A query that led somewhere is remembered, so that it can be suggested again. */
import { session } from "~/session/session";

const PATH = "/api/v1/search/history";
let last = "";

/** Told when a result is opened. What cannot be remembered is no fault of the person, who goes on. */
export async function rememberQuery(q: string): Promise<void> {
  if (!q || q === last) return;
  last = q;
  try {
    const headers = { authorization: `Bearer ${await session.token()}`, "content-type": "application/json" };
    await fetch(PATH, { method: "POST", headers, body: JSON.stringify({ q }), keepalive: true });
  } catch {
    last = ""; // the next one that is opened tells it again
  }
}
