import Box from "@mui/material/Box";
import { useEffect, useState } from "react";

import { clock } from "~/format/timecode";

import { useTrack } from "../api/useTrack";
import { tileAt, type Tile } from "../thumbnailTrack";
import type { Place } from "./HitThumbnail";

/** A pointer that only passes by asks for nothing. */
const REST_MS = 120;

interface Props {
  id: string;
  duration: number;
  place: Place;
}

/** Over a film's thumbnail: its pictures, as the pointer goes from left to right. Decoration, as the thumbnail is. */
export function Scrub({ id, duration, place: { share, width, height } }: Props) {
  const [rested, setRested] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRested(true), REST_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data: tiles } = useTrack(id, rested);
  const at = share * duration;
  const tile = tiles && tileAt(tiles, at);
  const loaded = useLoaded(tile?.url);
  return (
    <Box aria-hidden data-scrub={tile && loaded ? "shown" : "waiting"} sx={{ position: "absolute", inset: 0, overflow: "hidden", borderRadius: 1 }}>
      {tile && loaded && (
        <Box sx={{ position: "absolute", inset: 0, bgcolor: "stage.background" }}>
          <Picture tile={tile} width={width} height={height} />
          <Box sx={{ position: "absolute", insetBlock: 0, width: 2, bgcolor: "primary.main" }} style={{ left: `${share * 100}%` }} />
          <Box component="span" sx={{ position: "absolute", right: 5, bottom: 5, px: 0.6, borderRadius: 0.75, bgcolor: "rgba(8, 10, 14, 0.86)", color: "#fff", fontSize: "0.6875rem", fontWeight: 600, lineHeight: 1.5 }}>
            {clock(at)}
          </Box>
        </Box>
      )}
    </Box>
  );
}

/** One tile of its sprite, as large as fits. */
function Picture({ tile, width, height }: { tile: Tile; width: number; height: number }) {
  const scale = Math.min(width / tile.width, height / tile.height);
  return (
    <div
      style={{
        position: "absolute",
        left: (width - tile.width * scale) / 2,
        top: (height - tile.height * scale) / 2,
        width: tile.width,
        height: tile.height,
        transformOrigin: "0 0",
        transform: `scale(${scale})`,
        backgroundImage: `url("${tile.url}")`,
        backgroundPosition: `-${tile.x}px -${tile.y}px`,
        backgroundRepeat: "no-repeat",
      }}
    />
  );
}

/** Whether a sprite is there: until then what is below is shown, and not a black box. */
function useLoaded(url: string | undefined): boolean {
  const [loaded, setLoaded] = useState<string | null>(null);
  useEffect(() => {
    if (!url) return;
    const image = new Image();
    image.onload = () => setLoaded(url);
    image.src = url;
    return () => {
      image.onload = null;
    };
  }, [url]);
  return url !== undefined && loaded === url;
}
