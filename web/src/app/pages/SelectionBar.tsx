import ClearIcon from "@mui/icons-material/Close";
import MoveIcon from "@mui/icons-material/DriveFileMoveOutlined";
import AddIcon from "@mui/icons-material/LibraryAddOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import RemoveIcon from "@mui/icons-material/PlaylistRemove";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import Paper from "@mui/material/Paper";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useTakeOut } from "~/features/collections/usePut";
import { MOST_SELECTED, type Selection } from "~/features/search/selection";

const BulkEditDialog = lazy(() => import("~/features/library/BulkEditDialog").then((module) => ({ default: module.BulkEditDialog })));
const MoveDialog = lazy(() => import("~/features/library/MoveDialog").then((module) => ({ default: module.MoveDialog })));
const AddDialog = lazy(() => import("~/features/collections/AddDialog").then((module) => ({ default: module.AddDialog })));

interface Props {
  selection: Selection;
  /** The collection that one is in. */
  collection: string | undefined;
  onClear: () => void;
}

/** What can be done with the results that are selected. */
export function SelectionBar({ selection, collection, onClear }: Props) {
  const { t } = useTranslation("library");
  const [open, setOpen] = useState<"edit" | "collect" | "move" | null>(null);
  const takeOut = useTakeOut();
  const chosen = [...selection.chosen.values()];
  const ids = chosen.map(({ asset_id }) => asset_id);
  const projectIds = new Set(chosen.map(({ project_id }) => project_id));
  const close = () => setOpen(null);
  return (
    <Paper
      elevation={8}
      square
      role="toolbar"
      aria-label={t("selection.label")}
      onKeyDown={(event) => event.key === "Escape" && open === null && onClear()}
      sx={{ display: "flex", alignItems: "center", gap: 1, px: 2, py: 0.75, flexWrap: "wrap", borderTop: 1, borderColor: "divider" }}
    >
      <IconButton aria-label={t("selection.clear")} title={t("selection.clear")} onClick={onClear}>
        <ClearIcon fontSize="small" />
      </IconButton>
      <Box role="status" sx={{ fontWeight: 650 }}>
        {t("selection.count", { count: chosen.length })}
        {selection.full && <Box sx={{ fontWeight: 400, fontSize: "0.75rem" }}>{t("selection.most", { count: MOST_SELECTED })}</Box>}
      </Box>
      <Box sx={{ flex: 1 }} />
      <Tool icon={<EditIcon />} label={t("selection.edit")} onClick={() => setOpen("edit")} />
      <Tool icon={<AddIcon />} label={t("selection.collect")} onClick={() => setOpen("collect")} />
      <Tool icon={<MoveIcon />} label={t("selection.move")} onClick={() => setOpen("move")} />
      {collection && (
        <Tool
          icon={<RemoveIcon />}
          label={t("selection.uncollect")}
          onClick={() => {
            void takeOut(collection, ids);
            onClear();
          }}
        />
      )}
      <Suspense fallback={null}>
        {open === "edit" && <BulkEditDialog titles={new Map(chosen.map(({ asset_id, title }) => [asset_id, title]))} onClose={close} />}
        {open === "move" && <MoveDialog titles={new Map(chosen.map(({ asset_id, title }) => [asset_id, title]))} from={projectIds} onClose={close} />}
        {open === "collect" && <AddDialog assetIds={ids} projectIds={projectIds} onClose={close} />}
      </Suspense>
    </Paper>
  );
}

/** Where there is no room for its words, its picture has to do. */
function Tool({ icon, label, disabled = false, onClick }: { icon: ReactNode; label: string; disabled?: boolean; onClick: () => void }) {
  return (
    <Button aria-label={label} title={label} disabled={disabled} onClick={onClick} startIcon={icon} sx={{ minWidth: 40, minHeight: 36, "& .MuiButton-startIcon": { mr: { xs: 0, md: 1 } } }}>
      <Box component="span" sx={{ display: { xs: "none", md: "inline" } }}>
        {label}
      </Box>
    </Button>
  );
}
