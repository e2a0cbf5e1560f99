/**
 * One film or recording being watched: the clock that player, transcript, waveform and marks share.
 *
 * The media element is the truth; this reads it (every frame while it plays) and tells whoever listens. Backwards is done by seeking, since
 * browsers do not play that way.
 */
import { frameAt, middleOf } from "~/format/timecode";

export interface Marks {
  start: number | null;
  end: number | null;
}

export interface PlaybackState {
  ready: boolean;
  playing: boolean;
  /** Seconds. */
  time: number;
  duration: number;
  /** Speed, negative while shuttling back. */
  speed: number;
  buffered: number;
  waiting: boolean;
  muted: boolean;
  volume: number;
  marks: Marks;
  /** The marked range is being played, and stops at its end. */
  previewing: boolean;
}

const SHUTTLE = [1, 2, 4, 8] as const;
const EVENTS = [
  "play", "pause", "timeupdate", "seeking", "seeked", "durationchange", "loadedmetadata", "progress", "waiting", "playing", "canplay",
  "volumechange", "ratechange", "ended", "emptied",
] as const; // prettier-ignore

export class Playback {
  readonly fps: number;
  #element: HTMLMediaElement | null = null;
  #state: PlaybackState;
  readonly #listeners = new Set<() => void>();
  #frame = 0;
  #reverse: { speed: number; at: number } | null = null;
  #wanted: number | null;
  #until: number | null = null;

  /** `start` is where to begin, in seconds. */
  constructor(options: { fps?: number | null; start?: number | null; duration?: number | null; marks?: Marks }) {
    this.fps = options.fps ?? 25;
    this.#wanted = options.start ?? null;
    this.#state = {
      ready: false,
      playing: false,
      time: options.start ?? 0,
      duration: options.duration ?? 0,
      speed: 1,
      buffered: 0,
      waiting: false,
      muted: false,
      volume: 1,
      marks: options.marks ?? { start: null, end: null },
      previewing: false,
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): PlaybackState => this.#state;

  /** Take an element; what is returned lets it go. */
  attach(element: HTMLMediaElement): () => void {
    this.#element = element;
    for (const name of EVENTS) element.addEventListener(name, this.#read);
    this.#read();
    return () => {
      cancelAnimationFrame(this.#frame);
      this.#reverse = null;
      for (const name of EVENTS) element.removeEventListener(name, this.#read);
      if (this.#element === element) this.#element = null;
    };
  }

  /** Play; a browser that does not want to (no gesture yet) leaves it paused. */
  play(): void {
    this.#stopReverse();
    void this.#element?.play().catch(() => this.#read());
    this.#read(); // the element plays from now on, its event comes later: the next key must know already
  }

  pause(): void {
    this.#stopReverse();
    this.#element?.pause();
    this.#read();
  }

  toggle(): void {
    if (this.#state.playing) this.pause();
    else {
      if (this.#element?.ended) this.seek(0);
      this.play();
    }
  }

  seek(seconds: number): void {
    this.#until = null;
    this.#jump(seconds);
  }

  /** Seek and play. */
  playFrom(seconds: number): void {
    this.seek(seconds);
    this.play();
  }

  /** A number of frames on (or back), paused. */
  step(frames: number): void {
    this.pause();
    this.seek(middleOf(Math.max(0, frameAt(this.#state.time, this.fps) + frames), this.fps));
  }

  setSpeed(speed: number): void {
    this.#stopReverse();
    if (this.#element) this.#element.playbackRate = speed;
    this.#read();
  }

  /** J and L of an edit suite: again and again is faster, the other way starts slowly. */
  shuttle(direction: 1 | -1): void {
    const { speed, playing } = this.#state;
    const moving = playing && Math.sign(speed) === direction;
    const next = moving ? (SHUTTLE.find((known) => known > Math.abs(speed)) ?? SHUTTLE[SHUTTLE.length - 1] ?? 1) : 1;
    if (direction === 1) {
      this.setSpeed(next);
      this.play();
    } else {
      this.#element?.pause();
      this.#reverse = { speed: next, at: performance.now() };
      this.#read();
    }
  }

  /** K: stand still, at normal speed. */
  halt(): void {
    this.pause();
    this.setSpeed(1);
  }

  setVolume(volume: number): void {
    if (!this.#element) return;
    this.#element.volume = Math.min(1, Math.max(0, volume));
    this.#element.muted = volume <= 0;
  }

  toggleMuted(): void {
    if (this.#element) this.#element.muted = !this.#element.muted;
  }

  /** Set one end of the range, here or where it is said; an end before the start takes the start away, and the other way round. */
  mark(end: keyof Marks, seconds: number = this.#state.time): void {
    const marks = { ...this.#state.marks, [end]: seconds };
    if (marks.start !== null && marks.end !== null && marks.start >= marks.end) marks[end === "start" ? "end" : "start"] = null;
    this.#set({ marks });
  }

  setMarks(marks: Marks): void {
    this.#set({ marks });
  }

  /** Play exactly what is marked. */
  preview(): void {
    const { start, end } = this.#state.marks;
    if (start === null || end === null) return;
    this.#jump(start);
    this.#until = end;
    this.play();
  }

  #jump(seconds: number): void {
    const element = this.#element;
    const { duration } = this.#state;
    const target = Math.max(0, duration > 0 ? Math.min(seconds, duration) : seconds);
    if (element && element.readyState >= HTMLMediaElement.HAVE_METADATA) element.currentTime = target;
    else this.#wanted = target;
    if (this.#reverse) this.#reverse.at = performance.now();
    this.#set({ time: target });
  }

  #stopReverse(): void {
    this.#reverse = null;
  }

  readonly #read = (): void => {
    const element = this.#element;
    if (!element) return;
    if (this.#wanted !== null && element.readyState >= HTMLMediaElement.HAVE_METADATA) {
      element.currentTime = this.#wanted;
      this.#wanted = null;
    }
    this.#goBack(element);
    if (this.#until !== null && element.currentTime >= this.#until - 0.5 / this.fps) {
      element.pause();
      element.currentTime = this.#until;
      this.#until = null;
    }
    const { buffered } = element;
    const playing = !element.paused || this.#reverse !== null;
    this.#set({
      ready: element.readyState >= HTMLMediaElement.HAVE_METADATA,
      playing,
      time: this.#wanted ?? element.currentTime,
      duration: Number.isFinite(element.duration) && element.duration > 0 ? element.duration : this.#state.duration,
      speed: this.#reverse ? -this.#reverse.speed : element.playbackRate,
      buffered: buffered.length > 0 ? buffered.end(buffered.length - 1) : 0,
      waiting: !element.paused && element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
      muted: element.muted,
      volume: element.volume,
      previewing: this.#until !== null,
    });
    cancelAnimationFrame(this.#frame);
    if (playing) this.#frame = requestAnimationFrame(this.#read);
  };

  #goBack(element: HTMLMediaElement): void {
    const reverse = this.#reverse;
    if (!reverse || element.seeking) return;
    const now = performance.now();
    const target = element.currentTime - ((now - reverse.at) / 1000) * reverse.speed;
    reverse.at = now;
    element.currentTime = Math.max(0, target);
    if (target <= 0) this.#reverse = null;
  }

  #set(change: Partial<PlaybackState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
