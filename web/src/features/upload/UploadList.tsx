import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import LinearProgress from "@mui/material/LinearProgress";
import CloseIcon from "@mui/icons-material/Close";
import PauseIcon from "@mui/icons-material/Pause";
import PlayIcon from "@mui/icons-material/PlayArrow";
import RetryIcon from "@mui/icons-material/Refresh";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { PageLink } from "~/components/PageLink";
import { Status } from "~/components/Status";
import { Why } from "~/components/Why";
import { useReason } from "~/components/useReason";
import { useFormat } from "~/format/useFormat";

import type { Fate } from "./fates";
import { uploader, type UploadFile } from "./uploader";

const ROW_PX = 60;

export function UploadList({ files, fates }: { files: UploadFile[]; fates: ReadonlyMap<string, Fate> }) {
  const { t } = useTranslation();
  const pane = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer tells this component itself when to draw
  const rows = useVirtualizer({ count: files.length, getScrollElement: () => pane.current, estimateSize: () => ROW_PX, overscan: 6 });
  return (
    <Box
      ref={pane}
      role="region"
      aria-label={t("upload.files")}
      tabIndex={0}
      sx={{ flex: 1, minHeight: 180, overflowY: "auto", border: 1, borderColor: "divider", borderRadius: 1, bgcolor: "background.paper" }}
    >
      <Box component="ul" sx={{ position: "relative", m: 0, p: 0, listStyle: "none" }} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const file = files[row.index];
          return (
            file && (
              <Box
                component="li"
                key={file.id}
                aria-setsize={files.length}
                aria-posinset={row.index + 1}
                sx={{ position: "absolute", insetInline: 0, top: 0, height: ROW_PX, borderBottom: 1, borderColor: "divider" }}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Row file={file} fate={file.meta.assetId ? fates.get(file.meta.assetId) : undefined} />
              </Box>
            )
          );
        })}
      </Box>
    </Box>
  );
}

function Row({ file, fate }: { file: UploadFile; fate: Fate | undefined }) {
  const { t } = useTranslation(["page", "library"]);
  const format = useFormat();
  const { progress, isPaused, error, isGhost, meta, name } = file;
  const refusal = useReason()("refused", { code: meta.refused, text: error });
  const size = file.size ?? 0;
  const sent = progress.uploadComplete ? size : (progress.bytesUploaded || 0);
  const running = Boolean(progress.uploadStarted) && !progress.uploadComplete && !error && !isGhost;
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, height: "100%", px: 1.5 }}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", fontWeight: 600 }}>
          {progress.uploadComplete && meta.assetId ? (
            <PageLink to="/assets/$id" params={{ id: meta.assetId }} color="inherit">
              {name}
            </PageLink>
          ) : (
            name
          )}
        </Box>
        {!progress.uploadComplete && !error && !isGhost && <LinearProgress variant="determinate" value={size > 0 ? (sent / size) * 100 : 0} aria-label={name} sx={{ my: 0.5 }} />}
        <Box {...(refusal?.detail && { title: refusal.detail })} sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", fontSize: "0.75rem", color: error ? "error.main" : "text.secondary" }}>
          {isGhost ? t("upload.ghost") : error ? t("upload.failed", { reason: refusal?.text }) : said()}
        </Box>
      </Box>
      {fate?.duplicateOf && (
        <PageLink to="/assets/$id" params={{ id: fate.duplicateOf }} sx={{ fontSize: "0.75rem", whiteSpace: "nowrap" }}>
          {t("library:upload.other")}
        </PageLink>
      )}
      {progress.uploadComplete && <Status status={fate?.status ?? "processing"} />}
      {running && (
        <IconButton aria-label={t(isPaused ? "upload.resume" : "upload.pause", { name })} onClick={() => uploader.pauseResume(file.id)}>
          {isPaused ? <PlayIcon fontSize="small" /> : <PauseIcon fontSize="small" />}
        </IconButton>
      )}
      {error && (
        <Button startIcon={<RetryIcon />} onClick={() => void uploader.retryUpload(file.id)}>
          {t("upload.retry")}
        </Button>
      )}
      {!progress.uploadComplete && (
        <IconButton aria-label={t("upload.remove", { name })} onClick={() => uploader.removeFile(file.id)}>
          <CloseIcon fontSize="small" />
        </IconButton>
      )}
    </Box>
  );

  function said(): ReactNode {
    if (!progress.uploadComplete) return `${format.bytes(sent)} / ${format.bytes(size)}${isPaused ? ` · ${t("upload.paused")}` : ""}`;
    if (fate?.duplicateOf) return t("upload.duplicate");
    if (fate?.reason) return <Why line groups="file" code={fate.reason_code} text={fate.reason} />;
    const share = fate?.status === "processing" && fate.progress !== null ? ` · ${format.share(fate.progress)}` : "";
    return `${format.bytes(size)}${share}`;
  }
}
