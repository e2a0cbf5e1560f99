import MoveIcon from "@mui/icons-material/DriveFileMoveOutlined";
import AddIcon from "@mui/icons-material/LibraryAddOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";
import { UploadView, type Uploaded } from "~/features/upload/UploadView";

const BulkEditDialog = lazy(() => import("~/features/library/BulkEditDialog").then((module) => ({ default: module.BulkEditDialog })));
const MoveDialog = lazy(() => import("~/features/library/MoveDialog").then((module) => ({ default: module.MoveDialog })));
const AddDialog = lazy(() => import("~/features/collections/AddDialog").then((module) => ({ default: module.AddDialog })));
/** As many as one request may change; the first ones. */
const MOST = 500;

export function UploadPage() {
  const { t } = useTranslation();
  useTitle(t("nav.upload"));
  return (
    <Box sx={{ position: "relative", display: "flex", flexDirection: "column", gap: 2, maxWidth: 1100, height: "100%", mx: "auto", p: { xs: 1.5, sm: 3 }, overflowY: "auto" }}>
      <Typography variant="h1">{t("nav.upload")}</Typography>
      <UploadView after={(uploaded) => <After uploaded={uploaded.slice(0, MOST)} />} />
    </Box>
  );
}

/** What is said of files after they have been sent. */
function After({ uploaded }: { uploaded: Uploaded[] }) {
  const { t } = useTranslation("library");
  // what the dialog was opened for stays, also when more arrive
  const [open, setOpen] = useState<{ what: "edit" | "collect" | "move"; of: Uploaded[] } | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Button startIcon={<EditIcon />} onClick={() => setOpen({ what: "edit", of: uploaded })}>
        {t("upload.edit", { count: uploaded.length })}
      </Button>
      <Button startIcon={<AddIcon />} onClick={() => setOpen({ what: "collect", of: uploaded })}>
        {t("selection.collect")}
      </Button>
      <Button startIcon={<MoveIcon />} onClick={() => setOpen({ what: "move", of: uploaded })}>
        {t("selection.move")}
      </Button>
      <Suspense fallback={null}>
        {open?.what === "move" && <MoveDialog titles={new Map(open.of.map(({ id, name }) => [id, name]))} from={new Set(open.of.map(({ projectId }) => projectId))} onClose={close} />}
        {open?.what === "edit" && <BulkEditDialog titles={new Map(open.of.map(({ id, name }) => [id, name]))} onClose={close} />}
        {open?.what === "collect" && <AddDialog assetIds={open.of.map(({ id }) => id)} projectIds={new Set(open.of.map(({ projectId }) => projectId))} onClose={close} />}
      </Suspense>
    </>
  );
}
