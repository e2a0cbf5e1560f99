/** HLS in a <video>: hls.js where there is Media Source Extensions, else what the browser can do by itself. Loaded with the first film. */
import { levelsOf } from "./levels";
import { whenFree, type Listening } from "./stream";

const MAX_RECOVERIES = 3;

/**
 * Open a playlist in an element, from a second on.
 *
 * `ready` is told the qualities, `fault` that the film cannot be played (any more).
 */
export async function openStream(
  video: HTMLVideoElement,
  url: string,
  start: number,
  on: Listening,
  signal: AbortSignal,
): Promise<void> {
  const { default: Engine } = await import("hls.js");
  await whenFree(video);
  if (signal.aborted) return;
  if (!Engine.isSupported()) { openNative(video, url, start, on, signal); return; }
  const hls = new Engine({
    enableWorker: false,
    capLevelToPlayerSize: true,
    maxBufferLength: 30,
    backBufferLength: 60,
    startPosition: start,
    // captions and cues are ours: its own tracks begin as data: URLs, which the page's policy refuses
    renderTextTracksNatively: false,
    enableWebVTT: false,
    enableIMSC1: false,
    enableCEA708Captions: false,
    enableID3MetadataCues: false,
    enableEmsgMetadataCues: false,
    enableDateRangeMetadataCues: false,
  });
  signal.addEventListener("abort", () => hls.destroy());
  let recoveries = 0;
  hls.on(Engine.Events.ERROR, (_, fault) => {
    if (!fault.fatal) return;
    if (fault.type === Engine.ErrorTypes.MEDIA_ERROR && recoveries++ < MAX_RECOVERIES) hls.recoverMediaError();
    else if (fault.type === Engine.ErrorTypes.NETWORK_ERROR && fault.response?.code === 0 && recoveries++ < MAX_RECOVERIES) hls.startLoad();
    else on.fault(fault.details);
  });
  hls.on(Engine.Events.MANIFEST_PARSED, () => on.ready({ levels: levelsOf(hls.levels), choose: (level) => (hls.nextLevel = level), close: () => hls.destroy() }));
  hls.loadSource(url);
  hls.attachMedia(video);
}

function openNative(video: HTMLVideoElement, url: string, start: number, on: Listening, signal: AbortSignal): void {
  if (!video.canPlayType("application/vnd.apple.mpegurl")) return on.fault("hls-unsupported");
  const close = () => video.removeAttribute("src");
  signal.addEventListener("abort", close);
  video.addEventListener("error", () => on.fault("media-error"), { signal });
  video.addEventListener("loadedmetadata", () => (video.currentTime = start), { signal, once: true });
  video.src = url;
  on.ready({ levels: [], choose: () => undefined, close });
}
