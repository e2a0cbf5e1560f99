/** A transcript as it was read, page after page, with a line changed. Pure. */
import type { InfiniteData } from "@tanstack/react-query";

import type { Segment } from "~/api/client";

export interface Said {
  items: Segment[];
  next_cursor: string | null;
}

/** Pages with one line replaced, or without it. Pure. */
export const withLine = (data: InfiniteData<Said, string | null>, number: number, line: Segment | null): InfiniteData<Said, string | null> => ({
  ...data,
  pages: data.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((known) => (known.number !== number ? [known] : line === null ? [] : [line])),
  })),
});
