/** Times of films as people of the trade write them. Pure. */

/** Frames a second as the probe says it: `25/1`, `30000/1001`. Null when it says nothing useful. */
export function parseFps(text: unknown): number | null {
  if (typeof text !== "string") return null;
  const [, over, under = "1"] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  const fps = Number(over) / Number(under);
  return Number.isFinite(fps) && fps > 0 && fps <= 1000 ? fps : null;
}

/** The frame that is shown at a time. A player's clock is a hair before or after a frame's start: half a thousandth forgives. */
export const frameAt = (seconds: number, fps: number): number => Math.max(0, Math.floor(seconds * fps + 0.0005 * fps + 1e-6));

/** A time in the middle of a frame: seeking there shows that frame, whatever is rounded where. */
export const middleOf = (frame: number, fps: number): number => (frame + 0.5) / fps;

const two = (value: number): string => String(value).padStart(2, "0");

/** `HH:MM:SS:FF`, not drop-frame: frames are counted at the rounded rate. */
export function timecode(seconds: number, fps: number): string {
  const rate = Math.round(fps);
  const frame = frameAt(seconds, fps);
  const whole = Math.floor(frame / rate);
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}:${two(frame % rate)}`;
}

/** `1:02:03` or `2:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `2:03.4`: where one decides by tenths. */
export function clockTenths(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  return `${clock(tenths / 10)}.${tenths % 10}`;
}
