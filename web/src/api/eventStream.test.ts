import { expect, test } from "vitest";

import { parseEvents, type ServerEvent } from "./eventStream";

async function read(pieces: string[]): Promise<ServerEvent[]> {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of bytes) controller.enqueue(piece);
      controller.close();
    },
  });
  const found: ServerEvent[] = [];
  for await (const event of parseEvents(body)) found.push(event);
  return found;
}

const stream = 'retry: 2000\n\nevent: progress\ndata: {"status":\ndata: "ready"}\n\n: still here\n\nevent: end\ndata: {}\n\n';
const events = [
  { event: "progress", data: '{"status":\n"ready"}' },
  { event: "end", data: "{}" },
];

test("a stream cut anywhere says the same events", async () => {
  for (let cut = 0; cut <= stream.length; cut++) expect(await read([stream.slice(0, cut), stream.slice(cut)])).toEqual(events);
});

test("lines may end as on any machine", async () => {
  expect(await read([stream.replaceAll("\n", "\r\n")])).toEqual(events);
});

test("an event that was not finished is not said", async () => {
  expect(await read(["event: progress\ndata: 1\n"])).toEqual([]);
});
