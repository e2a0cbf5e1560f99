import Box from "@mui/material/Box";
import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { clock } from "~/format/timecode";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

const percent = (part: number, whole: number): string => `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;

/** Where in the film, what is loaded, what is marked: a slider for pointer and keyboard. */
export function Timeline({ playback }: { playback: Playback }) {
  const { t } = useTranslation();
  const track = useRef<HTMLDivElement>(null);
  const duration = usePlayback(playback, (state) => state.duration);
  const time = usePlayback(playback, (state) => state.time);
  const buffered = usePlayback(playback, (state) => state.buffered);
  const marks = usePlayback(playback, (state) => state.marks);

  const seekTo = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (box && duration > 0) playback.seek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * duration);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -5, ArrowUp: 5, PageDown: -30, PageUp: 30 };
    const step = steps[event.key];
    if (step !== undefined) playback.seek(time + step);
    else if (event.key === "Home") playback.seek(0);
    else if (event.key === "End") playback.seek(duration);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <Box
      ref={track}
      role="slider"
      tabIndex={0}
      aria-label={t("player.position")}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration)}
      aria-valuenow={Math.round(time)}
      aria-valuetext={t("player.of", { time: clock(time), duration: clock(duration) })}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && seekTo(event)}
      sx={{ position: "relative", height: 24, cursor: "pointer", touchAction: "none", borderRadius: 0.5 }}
    >
      <Box sx={{ position: "absolute", insetInline: 0, top: 9, height: 6, borderRadius: 3, bgcolor: "action.selected", overflow: "hidden" }}>
        <Box sx={{ position: "absolute", insetBlock: 0, left: 0, bgcolor: "action.disabled" }} style={{ width: percent(buffered, duration) }} />
        <Box sx={{ position: "absolute", insetBlock: 0, left: 0, bgcolor: "primary.main" }} style={{ width: percent(time, duration) }} />
      </Box>
      {(marks.start !== null || marks.end !== null) && (
        <Box
          sx={{ position: "absolute", top: 5, height: 14, bgcolor: "hit.background", opacity: 0.55, borderInline: 2, borderColor: "warning.main" }}
          style={{ left: percent(marks.start ?? 0, duration), right: `calc(100% - ${percent(marks.end ?? duration, duration)})` }}
        />
      )}
      <Box
        sx={{ position: "absolute", top: 5, width: 14, height: 14, ml: "-7px", borderRadius: "50%", bgcolor: "primary.main", border: 2, borderColor: "background.paper" }}
        style={{ left: percent(time, duration) }}
      />
    </Box>
  );
}
