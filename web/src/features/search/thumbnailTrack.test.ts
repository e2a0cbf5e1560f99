import { expect, test } from "vitest";

import { parseTrack, tileAt } from "./thumbnailTrack";

const TRACK = `WEBVTT

00:00:00.000 --> 00:00:02.000
http://store/a.jpg?sig=1#xywh=0,0,160,90

00:00:02.000 --> 00:00:04.000
http://store/a.jpg?sig=1#xywh=160,0,160,90

NOTE not a cue

01:00:04.500 --> 01:00:06.000
http://store/b.jpg?sig=2#xywh=0,90,160,90

00:00:06.000 --> 00:00:07.000
words that are said
`;

test("places in sprites are read, whatever else a track has", () => {
  expect(parseTrack(TRACK)).toEqual([
    { start: 0, url: "http://store/a.jpg?sig=1", x: 0, y: 0, width: 160, height: 90 },
    { start: 2, url: "http://store/a.jpg?sig=1", x: 160, y: 0, width: 160, height: 90 },
    { start: 3604.5, url: "http://store/b.jpg?sig=2", x: 0, y: 90, width: 160, height: 90 },
  ]);
  expect(parseTrack("no track")).toEqual([]);
});

test("a second shows the picture that began last", () => {
  const tiles = parseTrack(TRACK);
  expect([0, 1.9, 2, 3000, 3604.5, 9999].map((second) => tileAt(tiles, second)?.start)).toEqual([0, 0, 2, 2, 3604.5, 3604.5]);
  expect(tileAt([], 1)).toBeUndefined();
});
