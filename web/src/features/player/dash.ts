/** DASH in a <video>, by Shaka Player (its build without HLS). Loaded when somebody chooses it. */
import { levelsOf } from "./levels";
import { leave, whenFree, type Listening } from "./stream";

const BUFFER_S = 30;

/**
 * Open a manifest in an element, from a second on.
 *
 * `ready` is told the qualities, `fault` that the film cannot be played (any more).
 */
export async function openDash(video: HTMLVideoElement, url: string, start: number, on: Listening, signal: AbortSignal): Promise<void> {
  const { default: shaka } = await import("shaka-player/dist/shaka-player.dash-es2021.js");
  await whenFree(video);
  if (signal.aborted) return;
  if (!shaka.Player.isBrowserSupported()) { on.fault("dash-unsupported"); return; }
  const player = new shaka.Player();
  const close = () => leave(video, player.destroy());
  signal.addEventListener("abort", close);
  player.addEventListener("error", (event) => on.fault(codeOf((event as Event & { detail?: unknown }).detail)));
  player.configure({ streaming: { bufferingGoal: BUFFER_S, bufferBehind: 2 * BUFFER_S }, abr: { restrictToElementSize: true } });
  try {
    await player.attach(video);
    await player.load(url, start);
  } catch (fault) {
    if (!isAborted(signal)) on.fault(codeOf(fault));
    return;
  }
  if (isAborted(signal)) return;
  const tracks = player.getVariantTracks();
  const choose = (level: number) => {
    const track = tracks[level];
    player.configure({ abr: { enabled: track === undefined } });
    if (track) player.selectVariantTrack(track, true);
  };
  on.ready({ levels: levelsOf(tracks.map(({ height, bandwidth }) => ({ height: height ?? 0, bitrate: bandwidth }))), choose, close });
}

// a function: what happened while something was awaited is not what the compiler remembers
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const codeOf = (fault: unknown): string => `dash-${typeof fault === "object" && fault !== null && "code" in fault ? String(fault.code) : "unknown"}`;
