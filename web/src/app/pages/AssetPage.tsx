import BackIcon from "@mui/icons-material/ArrowBack";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import type { Theme } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import useMediaQuery from "@mui/material/useMediaQuery";
import { useCanGoBack, useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { isProblem } from "~/api/problem";
import { useProjectName } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Status } from "~/components/Status";
import { useTitle } from "~/components/useTitle";
import { useAsset, type Versioned } from "~/features/asset/api/useAsset";
import { DeleteButton } from "~/features/asset/components/DeleteButton";
import { Pipeline } from "~/features/asset/components/Pipeline";
import { ClipBar } from "~/features/clip/ClipBar";
import { AudioPlayer } from "~/features/player/components/AudioPlayer";
import { ImageViewer } from "~/features/player/components/ImageViewer";
import { VideoPlayer } from "~/features/player/components/VideoPlayer";
import { TranscriptView } from "~/features/transcript/TranscriptView";
import { clock, parseFps } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";
import { Playback, type Marks } from "~/playback/playback";

import type { AssetParams } from "../assetParams";
import { NotFound } from "../NotFound";
import { AssetPanels, seenVersion } from "./AssetPanels";
import { MoveButton } from "./MoveButton";

const SeenTimeline = lazy(() => import("~/features/seen/SeenTimeline").then((module) => ({ default: module.SeenTimeline })));

/** A screen with room for the film, everything about it and its transcript, side by side. */
const ROOMY = "(min-width: 2000px)";
const PLAYED_BY = { video: "hls", audio: "preview", image: "display" } as const;

export function AssetPage() {
  const { id } = useParams({ from: "/shell/assets/$id" });
  const params = useSearch({ from: "/shell/assets/$id" });
  const asset = useAsset(id);
  if (asset.isPending) return <Loading />;
  if (isProblem(asset.error, 404) && !asset.data) return <NotFound />;
  if (!asset.data) {
    return (
      <Box sx={{ p: 3 }}>
        <Fault fault={asset.error} retry={() => void asset.refetch()} />
      </Box>
    );
  }
  return <Whole key={id} known={asset.data} params={params} />;
}

const titleOf = ({ metadata, name }: Asset): string => (typeof metadata.title === "string" && metadata.title.trim() ? metadata.title : name);

function canPlay({ kind, renditions }: Asset): boolean {
  return kind !== null && renditions.some((known) => known.profile === PLAYED_BY[kind] && known.status === "ready");
}

function playbackOf(asset: Asset, params: AssetParams): Playback {
  const video = asset.technical.video as { fps?: unknown } | undefined;
  return new Playback({
    fps: parseFps(video?.fps),
    duration: asset.duration_s,
    start: params.t ?? params.in ?? null,
    marks: { start: params.in ?? null, end: params.out ?? null },
  });
}

function Whole({ known, params }: { known: Versioned; params: AssetParams }) {
  const { asset } = known;
  const title = titleOf(asset);
  useTitle(title);
  const [playback] = useState(() => playbackOf(asset, params));
  const [selected, setSelected] = useState<{ start: number; end: number } | null>(null);
  // another hit in the same film: its second is in the address
  const { t: second } = params;
  useEffect(() => {
    if (second !== undefined) playback.playFrom(second);
  }, [playback, second]);

  const playable = canPlay(asset);
  const timed = asset.kind === "video" || asset.kind === "audio";
  const spoken = timed && (asset.transcript.segments.length > 0 || asset.jobs.some((job) => job.kind === "speech"));
  const wide = useMediaQuery((theme: Theme) => theme.breakpoints.up("lg"));
  const roomy = useMediaQuery(ROOMY);
  /** Everything about it stands beside it instead of below; a picture has no transcript to leave room for. */
  const beside = playable && (asset.kind === "image" ? wide : roomy);
  const transcript = spoken && (
    <TranscriptView
      id={asset.id}
      version={`${asset.transcript.segments.length}:${asset.jobs.filter((job) => job.kind === "speech" && job.state === "done").length}`}
      playback={playback}
      query={params.q ?? ""}
      editable={asset.actions.includes("edit")}
      onSelect={setSelected}
    />
  );

  return (
    <Box sx={{ display: "flex", flexDirection: "column", height: "100%", minHeight: 0 }}>
      <Head known={known} title={title} />
      <Box sx={{ flex: 1, minHeight: 0, display: "flex" }}>
        <Box sx={{ position: "relative", flex: 1, minWidth: 0, ...(beside ? { display: "flex" } : { overflowY: "auto" }) }}>
          <Box sx={beside ? { position: "relative", flex: 1, minWidth: 0, overflowY: "auto" } : {}}>
            {playable && asset.kind === "video" && <VideoPlayer asset={asset} playback={playback} />}
            {playable && asset.kind === "audio" && <AudioPlayer asset={asset} playback={playback} />}
            {playable && asset.kind === "image" && <ImageViewer asset={asset} alt={title} fill={beside} />}
            {!playable && <Pipeline asset={asset} />}
            {playable && timed && <ClipBar asset={asset} playback={playback} frames={asset.kind === "video"} selected={selected} linkTo={linkOf(asset.id)} />}
            {playable && asset.kind === "video" && (
              <Suspense fallback={null}>
                <SeenTimeline asset={asset} version={seenVersion(asset)} playback={playback} />
              </Suspense>
            )}
            {!wide && transcript && <Box sx={{ height: 320, borderBottom: 1, borderColor: "divider", bgcolor: "background.paper" }}>{transcript}</Box>}
          </Box>
          {/* the same place in the tree wherever it is seen: what is typed stays when the window changes */}
          <Box sx={beside ? { position: "relative", width: { lg: 440, xl: 560 }, flexShrink: 0, overflowY: "auto", borderLeft: 1, borderColor: "divider" } : {}}>
            <AssetPanels known={known} />
          </Box>
        </Box>
        {wide && transcript && (
          <Box sx={{ width: { lg: 400, xl: 480 }, flexShrink: 0, borderLeft: 1, borderColor: "divider", bgcolor: "background.paper" }}>{transcript}</Box>
        )}
      </Box>
    </Box>
  );
}

/** An address that leads to exactly what is marked. */
const linkOf = (id: string) => (marks: Marks) => {
  const url = new URL(`/assets/${id}`, window.location.origin);
  if (marks.start !== null) url.searchParams.set("in", marks.start.toFixed(3));
  if (marks.end !== null) url.searchParams.set("out", marks.end.toFixed(3));
  return url.href;
};

function Head({ known, title }: { known: Versioned; title: string }) {
  const { t } = useTranslation();
  const { asset } = known;
  const format = useFormat();
  const project = useProjectName();
  const router = useRouter();
  const canGoBack = useCanGoBack();
  const navigate = useNavigate();
  const leave = () => (canGoBack ? router.history.back() : void navigate({ to: "/" }));
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1, px: 1, minHeight: 48, borderBottom: 1, borderColor: "divider", bgcolor: "background.paper" }}>
      <IconButton aria-label={t("back")} onClick={leave}>
        <BackIcon fontSize="small" />
      </IconButton>
      <Box sx={{ minWidth: 0 }}>
        <Typography variant="h1" sx={{ fontSize: "0.9375rem", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {title}
        </Typography>
        <Typography variant="caption" component="p" sx={{ color: "text.secondary", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {[asset.kind && t(`kind.${asset.kind}`), project(asset.project_id), format.day(asset.created_at), asset.duration_s && clock(asset.duration_s)]
            .filter(Boolean)
            .join(" · ")}
        </Typography>
      </Box>
      <Status status={asset.status} />
      <Box sx={{ flex: 1 }} />
      <MoveButton asset={asset} title={title} />
      <DeleteButton known={known} title={title} onDeleted={leave} />
    </Box>
  );
}
