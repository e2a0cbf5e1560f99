import Box from "@mui/material/Box";
import { lazy, Suspense, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Fault } from "~/components/Fault";
import type { Playback } from "~/playback/playback";

import { useFileText, useFileUrl } from "../api/useStream";
import { parsePeaks, type Peaks } from "../peaks";
import { usePlayerKeys } from "../usePlayerKeys";
import { WAVEFORM_PX } from "../waveformStyle";
import { Controls } from "./Controls";

const Waveform = lazy(() => import("./Waveform").then((module) => ({ default: module.Waveform })));

const isReady = (asset: Asset, profile: string): boolean => asset.renditions.some((known) => known.profile === profile && known.status === "ready");

/** A recording with the shape of its sound. */
export function AudioPlayer({ asset, playback }: { asset: Asset; playback: Playback }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const source = useFileUrl(asset.id, "preview", isReady(asset, "preview"));
  const waveform = useFileText(asset.id, "waveform", isReady(asset, "waveform"));
  const peaks = useMemo(() => (waveform.data === undefined ? null : peaksOf(waveform.data)), [waveform.data]);
  useEffect(() => (audio.current ? playback.attach(audio.current) : undefined), [playback]);
  usePlayerKeys(playback, {});

  /** The URL has run out while nobody listened: another one, and on from where it was. */
  const renew = () => {
    const { time } = playback.snapshot();
    void source.refetch().then(() => playback.seek(time));
  };
  return (
    <Box sx={{ bgcolor: "background.paper", borderBottom: 1, borderColor: "divider" }}>
      {source.isError && <Fault fault={source.error} retry={() => void source.refetch()} />}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what is said stands beside it as the transcript */}
      <audio ref={audio} aria-label={t("player.recording")} preload="metadata" src={source.data} onError={() => source.data && source.dataUpdatedAt < Date.now() - 60_000 && renew()} />
      {peaks ? (
        <Suspense fallback={<Box sx={{ height: WAVEFORM_PX + 32 }} />}>
          <Waveform media={audio} peaks={peaks} playback={playback} />
        </Suspense>
      ) : (
        <Box sx={{ height: WAVEFORM_PX + 32 }} />
      )}
      <Controls playback={playback} frames={false} />
    </Box>
  );
}

/** Without a waveform that can be read there is still the sound. */
function peaksOf(text: string): Peaks | null {
  try {
    return parsePeaks(text);
  } catch (fault) {
    console.warn("waveform", fault);
    return null;
  }
}
