import ClearIcon from "@mui/icons-material/Close";
import LinkIcon from "@mui/icons-material/Link";
import PreviewIcon from "@mui/icons-material/PlayCircleOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { clockTenths, timecode } from "~/format/timecode";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";
import { MONOSPACE } from "~/theme/theme";

import { OrderClip } from "./OrderClip";

interface Props {
  asset: Asset;
  playback: Playback;
  frames: boolean;
  /** Words that are selected in the transcript now. */
  selected: { start: number; end: number } | null;
  linkTo: (marks: { start: number | null; end: number | null }) => string;
}

/** In and out: by keys, by buttons or from selected words; played exactly, and passed on as an address. */
export function ClipBar({ asset, playback, frames, selected, linkTo }: Props) {
  const { t } = useTranslation();
  const marks = usePlayback(playback, (state) => state.marks);
  const previewing = usePlayback(playback, (state) => state.previewing);
  const [copied, setCopied] = useState(false);
  const shown = (seconds: number | null) => (seconds === null ? "—" : frames ? timecode(seconds, playback.fps) : clockTenths(seconds));
  const whole = marks.start !== null && marks.end !== null;
  const copy = () => {
    void navigator.clipboard.writeText(linkTo(marks)).then(
      () => setCopied(true),
      () => setCopied(false), // the browser does not let us: the address bar has it too
    );
  };
  return (
    <Box
      role="group"
      aria-label={t("clip.label")}
      sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 0.75, px: 1.5, py: 0.5, minHeight: 40, bgcolor: "background.paper", borderTop: 1, borderBottom: 1, borderColor: "divider", fontSize: "0.8125rem" }}
    >
      <Button variant="outlined" color="inherit" sx={{ borderColor: "divider" }} aria-keyshortcuts="I" onClick={() => playback.mark("start")}>
        {t("clip.in")}
      </Button>
      <Mark name={t("clip.inAt")} value={shown(marks.start)} onGo={() => marks.start !== null && playback.seek(marks.start)} />
      <Button variant="outlined" color="inherit" sx={{ borderColor: "divider" }} aria-keyshortcuts="O" onClick={() => playback.mark("end")}>
        {t("clip.out")}
      </Button>
      <Mark name={t("clip.outAt")} value={shown(marks.end)} onGo={() => marks.end !== null && playback.seek(marks.end)} />
      {whole && (
        <>
          <Box component="span" sx={{ color: "text.secondary" }}>
            {t("clip.length", { time: clockTenths((marks.end ?? 0) - (marks.start ?? 0)) })}
          </Box>
          <Button startIcon={<PreviewIcon />} aria-keyshortcuts="P" onClick={() => playback.preview()} aria-pressed={previewing}>
            {t("clip.preview")}
          </Button>
          {marks.start !== null && marks.end !== null && asset.actions.includes("download") && <OrderClip asset={asset} start={marks.start} end={marks.end} />}
        </>
      )}
      {(marks.start !== null || marks.end !== null) && (
        <>
          <Button startIcon={<LinkIcon />} onClick={copy}>
            {copied ? t("clip.copied") : t("clip.copy")}
          </Button>
          <IconButton
            aria-label={t("clip.clear")}
            onClick={() => {
              setCopied(false);
              playback.setMarks({ start: null, end: null });
            }}
          >
            <ClearIcon fontSize="small" />
          </IconButton>
        </>
      )}
      {selected && (
        <Button variant="contained" onMouseDown={(event) => event.preventDefault()} onClick={() => playback.setMarks(selected)}>
          {t("clip.fromText", { time: clockTenths(selected.end - selected.start) })}
        </Button>
      )}
    </Box>
  );
}

function Mark({ name, value, onGo }: { name: string; value: string; onGo: () => void }) {
  return (
    <Button color="inherit" onClick={onGo} aria-label={`${name}: ${value}`} sx={{ minWidth: 0, px: 0.5, fontFamily: MONOSPACE, fontWeight: 500 }}>
      {value}
    </Button>
  );
}
