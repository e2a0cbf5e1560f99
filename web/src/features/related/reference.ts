/** The asset that people mean: its id, or the address of its page. Pure. */
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** Null when there is none in it. */
export function assetIn(text: string): string | null {
  const [id] = ID.exec(text) ?? [];
  return id?.toLowerCase() ?? null;
}
