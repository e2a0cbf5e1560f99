import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Fault } from "~/components/Fault";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

import { useFileText, useFileUrl, useStream } from "../api/useStream";
import { openDash } from "../dash";
import { openStream } from "../hls";
import type { Protocol, Stream } from "../stream";
import { usePlayerKeys } from "../usePlayerKeys";
import { Controls } from "./Controls";

const isReady = (asset: Asset, profile: string): boolean => asset.renditions.some((known) => known.profile === profile && known.status === "ready");

/** A film with its captions; the picture stays whole whatever its shape. */
export function VideoPlayer({ asset, playback }: { asset: Asset; playback: Playback }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [stream, setStream] = useState<Stream | null>(null);
  const [level, setLevel] = useState(-1);
  const [fault, setFault] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [captionsShown, setCaptionsShown] = useState(false);
  const waiting = usePlayback(playback, (state) => state.waiting);
  const source = useStream(asset.id, isReady(asset, "hls"));
  const poster = useFileUrl(asset.id, "poster", isReady(asset, "poster"));
  const hasCaptions = isReady(asset, "captions");
  const captions = useFileText(asset.id, "captions", hasCaptions);
  const captionsUrl = useBlobUrl(captions.data, "text/vtt");

  useEffect(() => (video.current ? playback.attach(video.current) : undefined), [playback]);
  const [protocol, setProtocol] = useState<Protocol>("hls");
  const [hls, dash] = [source.data?.url, source.data?.dash_url ?? undefined];
  const url = protocol === "dash" ? dash : hls;
  useEffect(() => {
    const element = video.current;
    if (!element || !url) return;
    const abort = new AbortController();
    const open = protocol === "dash" ? openDash : openStream;
    const { time, playing } = playback.snapshot();
    const ready = (opened: Stream) => {
      setStream(opened);
      // the engine before has left the element paused; where to begin is the engine's own business: a seek while it starts makes Shaka
      // drop an initialisation segment that it never asks for again
      if (playing) playback.play();
    };
    void open(element, url, time, { ready, fault: setFault }, abort.signal).catch((reason: unknown) => setFault(String(reason)));
    return () => abort.abort();
  }, [url, protocol, attempt, playback]);
  useEffect(() => {
    if (video.current) showCaptions(video.current, captionsShown);
  }, [captionsShown, captionsUrl]);

  const toggleCaptions = useCallback(() => setCaptionsShown((shown) => !shown), []);
  const fullscreen = useCallback(() => {
    void (document.fullscreenElement ? document.exitFullscreen() : stage.current?.requestFullscreen());
  }, []);
  usePlayerKeys(playback, { captions: hasCaptions ? toggleCaptions : undefined, fullscreen });

  return (
    <Box ref={stage} sx={{ display: "flex", flexDirection: "column", bgcolor: "stage.background", "&:fullscreen > :first-of-type": { flex: 1, maxHeight: "none" } }}>
      <Box sx={{ position: "relative", aspectRatio: "16 / 9", maxHeight: "min(62vh, 1080px)", width: "100%", mx: "auto", display: "grid" }}>
        <Box
          component="video"
          ref={video}
          aria-label={t("player.film")}
          playsInline
          preload="auto"
          crossOrigin="anonymous"
          {...(poster.data && { poster: poster.data })}
          onClick={() => playback.toggle()}
          sx={{ position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain", bgcolor: "stage.background" }}
        >
          {captionsUrl && <track kind="captions" src={captionsUrl} srcLang={asset.language ?? "es"} label={t("player.captions")} />}
        </Box>
        {waiting && !fault && <CircularProgress aria-hidden size={36} sx={{ placeSelf: "center", color: "stage.text", pointerEvents: "none", zIndex: 1 }} />}
        {(fault !== null || source.isError) && (
          <Box sx={{ placeSelf: "center", zIndex: 1, m: 2, bgcolor: "background.paper", borderRadius: 1 }}>
            {source.isError ? (
              <Fault fault={source.error} retry={() => void source.refetch()} />
            ) : (
              <Alert
                severity="error"
                action={
                  <Button
                    color="inherit"
                    onClick={() => {
                      setFault(null);
                      setAttempt(attempt + 1);
                      void source.refetch();
                    }}
                  >
                    {t("fault.retry")}
                  </Button>
                }
              >
                {t("player.fault", { reason: fault })}
              </Alert>
            )}
          </Box>
        )}
      </Box>
      <Controls
        playback={playback}
        frames
        captions={hasCaptions ? { shown: captionsShown, toggle: toggleCaptions } : undefined}
        levels={stream?.levels ?? []}
        level={level}
        onLevel={(chosen) => {
          setLevel(chosen);
          stream?.choose(chosen);
        }}
        protocol={protocol}
        onProtocol={
          dash
            ? (chosen) => {
                setStream(null);
                setLevel(-1);
                setFault(null);
                setProtocol(chosen);
              }
            : undefined
        }
        onFullscreen={fullscreen}
      />
    </Box>
  );
}

function showCaptions(video: HTMLVideoElement, shown: boolean): void {
  for (const track of video.textTracks) track.mode = shown ? "showing" : "hidden";
}

/** Text as something that an element can load; gone with the component. */
function useBlobUrl(text: string | undefined, type: string): string | undefined {
  const url = useMemo(() => (text === undefined ? undefined : URL.createObjectURL(new Blob([text], { type }))), [text, type]);
  useEffect(() => () => (url === undefined ? undefined : URL.revokeObjectURL(url)), [url]);
  return url;
}
