import CaptionsIcon from "@mui/icons-material/ClosedCaption";
import CaptionsOffIcon from "@mui/icons-material/ClosedCaptionOff";
import FullscreenIcon from "@mui/icons-material/Fullscreen";
import KeyboardIcon from "@mui/icons-material/KeyboardOutlined";
import MutedIcon from "@mui/icons-material/VolumeOff";
import NextIcon from "@mui/icons-material/SkipNext";
import PauseIcon from "@mui/icons-material/Pause";
import PlayIcon from "@mui/icons-material/PlayArrow";
import PreviousIcon from "@mui/icons-material/SkipPrevious";
import VolumeIcon from "@mui/icons-material/VolumeUp";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import NativeSelect from "@mui/material/NativeSelect";
import Slider from "@mui/material/Slider";
import Tooltip from "@mui/material/Tooltip";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { clock, timecode } from "~/format/timecode";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";
import { MONOSPACE } from "~/theme/theme";

import { PROTOCOLS, type Level, type Protocol } from "../stream";
import { Shortcuts } from "./Shortcuts";
import { Timeline } from "./Timeline";

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4] as const;

export interface Captions {
  shown: boolean;
  toggle: () => void;
}

interface Props {
  playback: Playback;
  /** Frames can be stepped and counted. */
  frames: boolean;
  captions?: Captions | undefined;
  levels?: Level[];
  level?: number;
  onLevel?: (level: number) => void;
  protocol?: Protocol;
  /** There is a choice. */
  onProtocol?: ((protocol: Protocol) => void) | undefined;
  onFullscreen?: () => void;
}

export function Controls({ playback, frames, captions, levels = [], level = -1, onLevel, protocol = "hls", onProtocol, onFullscreen }: Props) {
  const { t, i18n } = useTranslation();
  const { t: own } = useTranslation("asset");
  const playing = usePlayback(playback, (state) => state.playing);
  const speed = usePlayback(playback, (state) => state.speed);
  const muted = usePlayback(playback, (state) => state.muted);
  const volume = usePlayback(playback, (state) => state.volume);
  const [help, setHelp] = useState(false);
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <Box role="group" aria-label={t("player.controls")} sx={{ bgcolor: "background.paper", px: 1.5, pb: 0.5 }}>
      <Timeline playback={playback} />
      <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", columnGap: 0.5 }}>
        {frames && (
          <Key name={t("player.frameBack")} shortcut="," onClick={() => playback.step(-1)}>
            <PreviousIcon />
          </Key>
        )}
        <Key name={playing ? t("player.pause") : t("player.play")} shortcut="K" onClick={() => playback.toggle()}>
          {playing ? <PauseIcon /> : <PlayIcon />}
        </Key>
        {frames && (
          <Key name={t("player.frameOn")} shortcut="." onClick={() => playback.step(1)}>
            <NextIcon />
          </Key>
        )}
        <Clock playback={playback} frames={frames} />
        <Box sx={{ flex: 1 }} />
        <Key name={muted ? t("player.unmute") : t("player.mute")} shortcut="M" onClick={() => playback.toggleMuted()}>
          {muted || volume === 0 ? <MutedIcon /> : <VolumeIcon />}
        </Key>
        <Slider
          size="small"
          aria-label={t("player.volume")}
          min={0}
          max={1}
          step={0.05}
          value={muted ? 0 : volume}
          onChange={(_, value) => playback.setVolume(value)}
          sx={{ width: 64, mx: 1, display: { xs: "none", sm: "inline-block" } }}
        />
        <NativeSelect
          disableUnderline
          value={speed}
          onChange={(event) => playback.setSpeed(Number(event.target.value))}
          inputProps={{ "aria-label": t("player.speed") }}
          sx={{ fontSize: "0.75rem" }}
        >
          {[...new Set([...SPEEDS, speed])]
            .sort((a, b) => a - b)
            .map((value) => (
              <option key={value} value={value}>
                {number.format(value)}×
              </option>
            ))}
        </NativeSelect>
        {levels.length > 1 && onLevel && (
          <NativeSelect
            disableUnderline
            value={level}
            onChange={(event) => onLevel(Number(event.target.value))}
            inputProps={{ "aria-label": t("player.quality") }}
            sx={{ fontSize: "0.75rem" }}
          >
            <option value={-1}>{t("player.auto")}</option>
            {levels.map(({ index, height }) => (
              <option key={index} value={index}>
                {height}p
              </option>
            ))}
          </NativeSelect>
        )}
        {onProtocol && (
          <NativeSelect
            disableUnderline
            value={protocol}
            onChange={(event) => onProtocol(PROTOCOLS.find((name) => name === event.target.value) ?? "hls")}
            inputProps={{ "aria-label": own("protocol") }}
            sx={{ fontSize: "0.75rem" }}
          >
            {PROTOCOLS.map((name) => (
              <option key={name} value={name}>
                {name.toUpperCase()}
              </option>
            ))}
          </NativeSelect>
        )}
        {captions && (
          <Key name={t("player.captions")} shortcut="C" pressed={captions.shown} onClick={captions.toggle}>
            {captions.shown ? <CaptionsIcon /> : <CaptionsOffIcon />}
          </Key>
        )}
        {onFullscreen && (
          <Key name={t("player.fullscreen")} shortcut="F" onClick={onFullscreen}>
            <FullscreenIcon />
          </Key>
        )}
        <Key name={t("player.shortcuts")} shortcut="?" onClick={() => setHelp(true)}>
          <KeyboardIcon />
        </Key>
      </Box>
      <Shortcuts open={help} onOpen={setHelp} frames={frames} />
    </Box>
  );
}

/** Time of day of the film: frames where they count. */
function Clock({ playback, frames }: { playback: Playback; frames: boolean }) {
  const shown = usePlayback(playback, (state) => (frames ? timecode(state.time, playback.fps) : clock(state.time)));
  const duration = usePlayback(playback, (state) => (frames ? timecode(state.duration, playback.fps) : clock(state.duration)));
  return (
    <Box component="span" sx={{ px: 1, fontFamily: MONOSPACE, fontSize: "0.8125rem", whiteSpace: "nowrap" }}>
      <span data-testid="clock">{shown}</span>
      <Box component="span" sx={{ color: "text.secondary" }}>
        {" / "}
        {duration}
      </Box>
    </Box>
  );
}

interface KeyProps {
  name: string;
  shortcut: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Key({ name, shortcut, pressed, onClick, children }: KeyProps) {
  return (
    <Tooltip title={`${name} (${shortcut})`}>
      <IconButton aria-label={name} aria-keyshortcuts={shortcut} {...(pressed !== undefined && { "aria-pressed": pressed })} onClick={onClick} color="inherit">
        {children}
      </IconButton>
    </Tooltip>
  );
}
