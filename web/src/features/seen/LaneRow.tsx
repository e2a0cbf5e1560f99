import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { clock } from "~/format/timecode";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

import { neighbourOf, type Lane } from "./tracks";

const MOST_BARS = 400;
const COLOURS = { shots: "text.secondary", texts: "warning.main", object: "primary.main" } as const;

/** One label over time. The bars are for the pointer; the name is the same for keyboard and screen reader: on it, ← and → go from one to the next. */
export function LaneRow({ lane, duration, playback }: { lane: Lane; duration: number; playback: Playback }) {
  const { t } = useTranslation("asset");
  const { name, kind, appearances } = lane;
  const go = (direction: 1 | -1) => {
    const next = neighbourOf(lane, playback.snapshot().time, direction);
    if (next) playback.seek(next.start);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    go(event.key === "ArrowRight" ? 1 : -1);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: { xs: "96px 1fr", sm: "132px 1fr" }, alignItems: "center", columnGap: 1 }}>
      <Button
        color="inherit"
        onClick={() => go(1)}
        onKeyDown={onKeyDown}
        aria-label={`${t("seen.lane", { name })}. ${t("seen.times", { count: appearances.length })}`}
        sx={{ justifyContent: "flex-start", px: 0.5, py: 0, minWidth: 0, minHeight: 24, fontWeight: 500, fontSize: "0.75rem" }}
      >
        <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {name}
        </Box>
      </Button>
      <Box aria-hidden sx={{ position: "relative", height: 16, borderRadius: 0.5, bgcolor: "action.hover", overflow: "hidden" }} data-lane={kind}>
        {appearances.slice(0, MOST_BARS).map((one) => (
          <Box
            key={one.key}
            title={`${one.name} · ${clock(one.start)}`}
            onClick={() => playback.seek(one.start)}
            sx={{ position: "absolute", insetBlock: 1, minWidth: 4, borderRadius: 0.5, cursor: "pointer", bgcolor: COLOURS[kind], opacity: 0.65, borderRight: 1, borderColor: "background.paper", "&:hover": { opacity: 1 } }}
            style={{ left: share(one.start, duration), width: share(one.end - one.start, duration) }}
          />
        ))}
        <Head duration={duration} playback={playback} />
      </Box>
    </Box>
  );
}

function Head({ duration, playback }: { duration: number; playback: Playback }) {
  const time = usePlayback(playback, (state) => state.time);
  return <Box sx={{ position: "absolute", insetBlock: 0, width: 2, bgcolor: "error.main", pointerEvents: "none" }} style={{ left: share(time, duration) }} />;
}

const share = (part: number, whole: number): string => `${Math.min(100, (part / whole) * 100)}%`;
