// What parsers that others wrote make of a stream in a folder: m3u8-parser, mpd-parser, mp4box. Prints one line of JSON.
// node conform.mjs FOLDER
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "m3u8-parser";
import { parse as parseMpd } from "mpd-parser";
import { createFile } from "mp4box";

const folder = process.argv[2];
const text = (name) => readFileSync(join(folder, name), "utf8");

function playlist(name) {
  const parser = new Parser();
  const warnings = [];
  parser.on("warn", (event) => warnings.push(event.message));
  parser.push(text(name));
  parser.end();
  return { ...parser.manifest, warnings };
}

function boxes(init, piece, segments) {
  const file = createFile();
  const faults = [];
  let samples = [];
  let info;
  file.onError = (...fault) => faults.push(fault.join(" "));
  file.onReady = (found) => {
    info = found;
    file.setExtractionOptions(found.tracks[0].id, null, { nbSamples: 1000 });
    file.start();
  };
  file.onSamples = (id, user, more) => { samples = samples.concat(more.map(({ cts, dts, is_sync, duration }) => [dts, cts, is_sync, duration])); };
  let at = 0;
  const push = (bytes) => {
    const buffer = new Uint8Array(bytes).buffer;
    buffer.fileStart = at;
    at += buffer.byteLength;
    file.appendBuffer(buffer);
  };
  push(readFileSync(join(folder, init)));
  for (const segment of segments) {
    const data = readFileSync(join(folder, segment.uri));
    push(data.subarray(segment.byterange.offset, segment.byterange.offset + segment.byterange.length));
  }
  file.flush();
  return { codec: info?.tracks[0].codec, timescale: info?.tracks[0].timescale, samples, faults };
}

const master = playlist("master.m3u8");
const media = {};
const sounds = Object.values(master.mediaGroups.AUDIO).flatMap((group) => Object.values(group).map((sound) => sound.uri));
for (const name of [...master.playlists.map((variant) => variant.uri), ...sounds]) {
  const found = playlist(name);
  media[name] = {
    warnings: found.warnings, segments: found.segments.map((segment) => segment.duration), target: found.targetDuration,
    ended: found.endList, boxes: boxes(found.segments[0].map.uri, name, found.segments),
  };
}
const mpd = parseMpd(text("manifest.mpd"), { manifestUri: "http://localhost/manifest.mpd" });
process.stdout.write(`${JSON.stringify({
  master: {
    warnings: master.warnings, variants: master.playlists.map((variant) => variant.attributes), independent: master.independentSegments,
    keyFrames: master.iFramePlaylists?.map((variant) => variant.attributes ?? variant) ?? [],
    subtitles: Object.keys(master.mediaGroups.SUBTITLES ?? {}),
  },
  media,
  mpd: {
    duration: mpd.duration,
    playlists: mpd.playlists.map((each) => ({ attributes: each.attributes, segments: each.segments.map((segment) => segment.duration) })),
    sounds: Object.keys(mpd.mediaGroups.AUDIO.audio ?? {}),
  },
})}\n`);
