import Box from "@mui/material/Box";
import { useTheme } from "@mui/material/styles";
import { useEffect, useRef, type RefObject } from "react";
import WaveSurfer from "wavesurfer.js";

import type { Playback } from "~/playback/playback";

import type { Peaks } from "../peaks";
import { WAVEFORM_PX } from "../waveformStyle";

interface Props {
  media: RefObject<HTMLAudioElement | null>;
  peaks: Peaks;
  playback: Playback;
}

/** The shape of the sound; a click goes there. The slider below it does the same for keyboard and screen reader. */
export function Waveform({ media, peaks, playback }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const { vars } = useTheme();
  const palette = vars?.palette;
  const wave = palette?.text.secondary ?? "gray";
  const progress = palette?.primary.main ?? "blue";
  useEffect(() => {
    if (!place.current || !media.current) return;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(/var\((--[\w-]+)/.exec(name)?.[1] ?? "").trim() || name;
    const surfer = WaveSurfer.create({
      container: place.current,
      media: media.current,
      peaks: peaks.channels,
      duration: peaks.duration,
      height: WAVEFORM_PX,
      waveColor: colour(wave),
      progressColor: colour(progress),
      cursorColor: colour(progress),
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      normalize: true,
      interact: true,
      dragToSeek: true,
    });
    surfer.on("interaction", (time) => playback.seek(time));
    return () => surfer.destroy();
  }, [media, peaks, playback, wave, progress]);
  return <Box ref={place} aria-hidden sx={{ minHeight: WAVEFORM_PX, px: 1.5, py: 2 }} />;
}
