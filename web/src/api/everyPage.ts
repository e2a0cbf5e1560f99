/** A list that is small as a rule, whole: page after page, up to a bound. */
interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Every<T> {
  items: T[];
  /** There is more than was asked for. */
  cut: boolean;
}

export async function everyPage<T>(ask: (cursor: { cursor?: string }) => Promise<Page<T>>, mostPages: number): Promise<Every<T>> {
  const items: T[] = [];
  let next: string | null = null;
  for (let page = 0; page < mostPages; page++) {
    const answer: Page<T> = await ask(next === null ? {} : { cursor: next });
    items.push(...answer.items);
    next = answer.next_cursor;
    if (next === null) break;
  }
  return { items, cut: next !== null };
}
