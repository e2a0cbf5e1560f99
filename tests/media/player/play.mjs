// A stream in Chromium through hls.js or dash.js: play, seek, look at what the player found. Prints one line of JSON.
// node play.mjs hls|dash CHROMIUM PAGE-URL STREAM-URL
import { chromium } from "playwright-core";

const [kind, executablePath, page, stream] = process.argv.slice(2);
const LONGEST_MS = 25_000;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
try {
  const tab = await browser.newPage();
  tab.setDefaultTimeout(LONGEST_MS);
  await tab.goto(page);
  await tab.evaluate(
    ([how, url]) => {
      const video = document.getElementById("video");
      window.errors = [];
      if (how === "hls") {
        const player = (window.player = new Hls({ lowLatencyMode: false }));
        player.on(Hls.Events.ERROR, (_, data) => window.errors.push(`${data.details} ${data.fatal ? "fatal" : ""}`));
        player.loadSource(url);
        player.attachMedia(video);
      } else {
        const player = (window.player = dashjs.MediaPlayer().create());
        player.on("error", (event) => window.errors.push(JSON.stringify(event.error)));
        player.initialize(video, url, true);
      }
      video.play().catch((fault) => window.errors.push(String(fault)));
    },
    [kind, stream],
  );
  const reach = (seconds) => tab.waitForFunction((at) => document.getElementById("video").currentTime >= at, seconds);
  await reach(0.5);
  const duration = await tab.evaluate(() => document.getElementById("video").duration);
  await tab.evaluate((at) => { document.getElementById("video").currentTime = at; }, duration - 1.5);
  await tab.waitForFunction(() => document.getElementById("video").ended);
  const thumbnail = kind !== "dash" ? null : await tab.evaluate(
    () => new Promise((found) => { window.player.provideThumbnail(4.5, found); }),
  );
  const found = await tab.evaluate((how) => {
    const video = document.getElementById("video");
    const tracks = [...video.textTracks].map((track) => ({
      language: track.language,
      cues: [...(track.cues ?? [])].map((cue) => [cue.startTime, cue.text]),
    }));
    const quality = video.getVideoPlaybackQuality();
    return {
      width: video.videoWidth, height: video.videoHeight, tracks, errors: window.errors, dropped: quality.droppedVideoFrames,
      frames: quality.totalVideoFrames,
      levels: how === "hls" ? window.player.levels.length : window.player.getRepresentationsByType("video").length,
      sounds: how === "hls"
        ? window.player.audioTracks.map((track) => track.lang)
        : window.player.getTracksFor("audio").map((track) => track.lang),
      captions: how === "hls"
        ? window.player.subtitleTracks.map((track) => track.lang)
        : window.player.getTracksFor("text").map((track) => track.lang),
    };
  }, kind);
  process.stdout.write(`${JSON.stringify({ ...found, duration, thumbnail })}\n`);
} finally {
  await browser.close();
}
