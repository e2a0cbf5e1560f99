/** What a film is played by, whatever the protocol: its qualities, and choosing one. */
export const PROTOCOLS = ["hls", "dash"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Level {
  index: number;
  height: number;
  kbps: number;
}

export interface Stream {
  levels: Level[];
  /** -1: as the network allows. */
  choose: (level: number) => void;
  close: () => void;
}

export interface Listening {
  ready: (stream: Stream) => void;
  fault: (reason: string) => void;
}

const leaving = new WeakMap<HTMLVideoElement, Promise<unknown>>();

/** An engine lets an element go, which takes a moment; another one that came meanwhile would be thrown out with it. */
export function leave(video: HTMLVideoElement, left: Promise<unknown>): void {
  leaving.set(video, left);
}

/** Resolves when no engine is about to leave the element. */
export const whenFree = async (video: HTMLVideoElement): Promise<void> => {
  await leaving.get(video);
};
