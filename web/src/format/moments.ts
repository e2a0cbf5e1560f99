/** Moments between the API (UTC, ISO 8601) and an input of the browser (local, to the minute). Pure but for the time zone. */
export function toLocal(iso: string): string {
  const moment = new Date(iso);
  if (iso === "" || Number.isNaN(moment.getTime())) return "";
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocal(text: string): string {
  const moment = new Date(text);
  return text === "" || Number.isNaN(moment.getTime()) ? "" : moment.toISOString().replace(".000Z", "Z");
}
