import FolderIcon from "@mui/icons-material/FolderOpen";
import UploadIcon from "@mui/icons-material/CloudUploadOutlined";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type DragEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { useFormat } from "~/format/useFormat";

import { readArrivals, subscribeArrivals, takeArrivals } from "./arrivals";
import { droppedFiles } from "./dropped";
import type { Fate } from "./fates";
import { usePipeline } from "./pipeline";
import { UploadList } from "./UploadList";
import { addFiles, share, uploader, type UploadFile } from "./uploader";

const STORED = "acervo.upload.project";

const subscribe = (listener: () => void): (() => void) => {
  uploader.on("state-update", listener);
  return () => uploader.off("state-update", listener);
};

/** A file that has become an asset. */
export interface Uploaded {
  id: string;
  name: string;
  projectId: string;
}

/** Files in: chosen or dropped, folders too; each with its progress, then with what the pipeline makes of it. `after`: what to do with them then. */
export function UploadView({ after }: { after: (uploaded: Uploaded[]) => ReactNode }) {
  const { t } = useTranslation(["page", "library"]);
  const projects = useProjects();
  const me = useMe();
  const byId = useSyncExternalStore(subscribe, () => uploader.getState().files);
  const files = useMemo(() => Object.values(byId), [byId]);
  const done = useMemo(() => files.flatMap((file) => (file.progress.uploadComplete && file.meta.assetId ? [file.meta.assetId] : [])), [files]);
  const uploaded = useMemo(
    () => files.flatMap(({ progress, meta, name }) => (progress.uploadComplete && meta.assetId ? [{ id: meta.assetId, name, projectId: meta.projectId }] : [])),
    [files],
  );
  const fates = usePipeline(done, me.data && `user:${me.data.subject}`);
  const [chosen, setChosen] = useState(() => localStorage.getItem(STORED) ?? "");
  const [keywords, setKeywords] = useState("");
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  const open = projects.data?.filter((known) => known.actions.includes("upload")) ?? [];
  const project = open.find(({ id }) => id === chosen)?.id ?? open[0]?.id;
  const add = (found: readonly File[]) => {
    if (project) addFiles(found, project, keywords.split(",").map((word) => word.trim()).filter(Boolean)); // prettier-ignore
  };
  const arrivals = useSyncExternalStore(subscribeArrivals, readArrivals);
  useEffect(() => {
    if (project && arrivals.length > 0) addFiles(takeArrivals(), project, []); // let go over another page
  }, [arrivals, project]);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void droppedFiles(event.dataTransfer).then(add);
  };

  if (projects.isError) return <Fault fault={projects.error} retry={() => void projects.refetch()} />;
  if (projects.isPending) return <Loading />;
  if (open.length === 0) return <Alert severity="info">{t("upload.noProject")}</Alert>;
  return (
    <Box sx={{ display: "flex", flexDirection: "column", gap: 2, height: "100%", minHeight: 0 }}>
      <Box sx={{ display: "grid", gap: 1.5, gridTemplateColumns: { sm: "1fr 2fr" } }}>
        <TextField
          select
          label={t("upload.project")}
          value={project ?? ""}
          onChange={(event) => {
            setChosen(event.target.value);
            localStorage.setItem(STORED, event.target.value);
          }}
        >
          {open.map(({ id, name }) => (
            <MenuItem key={id} value={id}>
              {name}
            </MenuItem>
          ))}
        </TextField>
        <TextField label={t("upload.keywords")} value={keywords} onChange={(event) => setKeywords(event.target.value)} helperText={t("upload.keywordsHint")} slotProps={{ htmlInput: { maxLength: 1000 } }} />
      </Box>
      <Box
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
        sx={{
          display: "grid",
          justifyItems: "center",
          gap: 1,
          p: files.length > 0 ? 2 : 5,
          border: "2px dashed",
          borderColor: over ? "primary.main" : "divider",
          borderRadius: 2,
          bgcolor: over ? "action.hover" : "background.paper",
          textAlign: "center",
        }}
      >
        <UploadIcon aria-hidden sx={{ fontSize: 34, color: "text.secondary" }} />
        <Typography>{t("upload.drop")}</Typography>
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap", justifyContent: "center" }}>
          <Button variant="contained" disabled={!project} onClick={() => picker.current?.click()}>
            {t("upload.choose")}
          </Button>
          <Button variant="outlined" disabled={!project} startIcon={<FolderIcon />} onClick={() => folder.current?.click()}>
            {t("upload.folder")}
          </Button>
        </Box>
        <Picker ref={picker} label={t("upload.choose")} onFiles={add} />
        <Picker ref={folder} label={t("upload.folder")} onFiles={add} directory />
      </Box>
      {files.length > 0 && <Total files={files} />}
      {uploaded.length > 0 && (
        <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
          <Fates fates={[...fates.values()]} />
          <Box sx={{ flex: 1 }} />
          {after(uploaded)}
        </Box>
      )}
      {files.length > 0 && <UploadList files={files} fates={fates} />}
    </Box>
  );
}

/** What became of those that have arrived, in numbers. */
function Fates({ fates }: { fates: Fate[] }) {
  const { t } = useTranslation("library");
  const count = (is: (fate: Fate) => boolean) => fates.filter(is).length;
  const said = {
    ready: count(({ status }) => status === "ready"),
    refused: count(({ status }) => status === "error" || status === "rejected"),
    duplicate: count(({ duplicateOf }) => Boolean(duplicateOf)),
  };
  return (
    <Box role="status" sx={{ fontSize: "0.8125rem", color: "text.secondary" }}>
      {(["ready", "refused", "duplicate"] as const)
        .filter((what) => said[what] > 0)
        .map((what) => t(`upload.${what}`, { count: said[what] }))
        .join(" · ")}
    </Box>
  );
}

interface PickerProps {
  ref: React.Ref<HTMLInputElement>;
  label: string;
  directory?: boolean;
  onFiles: (files: File[]) => void;
}

function Picker({ ref, label, directory = false, onFiles }: PickerProps) {
  return (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      aria-label={label}
      {...(directory && { webkitdirectory: "" })}
      onChange={(event) => {
        // what a system hides in its folders is nothing to keep; a file that was chosen by name is
        onFiles([...(event.target.files ?? [])].filter(({ name }) => !directory || !name.startsWith(".")));
        event.target.value = "";
      }}
    />
  );
}

function Total({ files }: { files: UploadFile[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ghosts = files.filter((file) => file.isGhost).length;
  const open = files.filter((file) => !file.progress.uploadComplete && !file.isGhost);
  const failed = files.filter((file) => file.error).length;
  const paused = open.length > 0 && open.every((file) => file.isPaused);
  const sent = share(files);
  return (
    <Box sx={{ display: "grid", gap: 0.75 }}>
      {ghosts > 0 && (
        <Alert
          severity="warning"
          action={
            <Button
              color="inherit"
              onClick={() => {
                uploader.removeFiles(files.filter((file) => file.isGhost).map((file) => file.id));
                uploader.emit("restore-confirmed");
              }}
            >
              {t("upload.forget")}
            </Button>
          }
        >
          {t("upload.ghosts", { count: ghosts })}
        </Alert>
      )}
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
        <Box role="status" sx={{ fontWeight: 600 }}>
          {open.length > 0 ? t("upload.sending", { count: open.length, share: format.share(sent) }) : t("upload.sent", { count: files.length - ghosts })}
        </Box>
        <Box sx={{ flex: 1 }} />
        {open.length > 0 && <Button onClick={() => (paused ? uploader.resumeAll() : uploader.pauseAll())}>{paused ? t("upload.resumeAll") : t("upload.pauseAll")}</Button>}
        {failed > 0 && <Button onClick={() => void uploader.retryAll()}>{t("upload.retryAll", { count: failed })}</Button>}
        {files.some((file) => file.progress.uploadComplete) && (
          <Button onClick={() => uploader.removeFiles(files.filter((file) => file.progress.uploadComplete).map((file) => file.id))}>{t("upload.tidy")}</Button>
        )}
      </Box>
      <LinearProgress variant="determinate" value={sent * 100} aria-label={t("upload.total")} />
    </Box>
  );
}
