import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Playback } from "~/playback/playback";

/** As a browser's element: `play()` makes it play at once, the event comes later (here: never). */
class Element extends EventTarget {
  paused = true;
  ended = false;
  seeking = false;
  muted = false;
  volume = 1;
  playbackRate = 1;
  currentTime = 0;
  duration = 60;
  readyState = 4;
  buffered = { length: 0 };
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
}

beforeEach(() => {
  vi.stubGlobal("HTMLMediaElement", { HAVE_METADATA: 1, HAVE_FUTURE_DATA: 3 });
  vi.stubGlobal("requestAnimationFrame", () => 1);
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
});
afterEach(() => vi.unstubAllGlobals());

function attached(): { playback: Playback; element: Element } {
  const element = new Element();
  const playback = new Playback({});
  playback.attach(element as unknown as HTMLMediaElement);
  return { playback, element };
}

test("L twice is twice as fast, however quick the second one comes", () => {
  const { playback, element } = attached();
  playback.shuttle(1);
  playback.shuttle(1);
  expect(element.playbackRate).toBe(2);
});

test("a second press of the space bar pauses, however quick it comes", () => {
  const { playback, element } = attached();
  playback.toggle();
  playback.toggle();
  expect(element.paused).toBe(true);
});
