/** Server-sent events over fetch (EventSource sends no headers, and our streams need a token). WHATWG HTML, 9.2.6. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** Events of a body; a line may be cut anywhere, and end with CR, LF or both. */
export async function* parseEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event: event || "message", data: data.join("\n") };
          event = "";
          data = [];
          continue;
        }
        const [, name, text = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
        if (name === "event") event = text;
        else if (name === "data") data.push(text);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the other side may have gone before us
  }
}
