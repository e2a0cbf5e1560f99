import ClearIcon from "@mui/icons-material/Close";
import AddIcon from "@mui/icons-material/LibraryAddOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import RemoveIcon from "@mui/icons-material/PlaylistRemove";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import Paper from "@mui/material/Paper";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { useRemoveFromCollection } from "~/features/collections/api/useCollections";
import { MOST_SELECTED, type Selection } from "~/features/search/selection";

const BulkEditDialog = lazy(() => import("~/features/library/BulkEditDialog").then((module) => ({ default: module.BulkEditDialog })));
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
  const [open, setOpen] = useState<"edit" | "collect" | null>(null);
  const remove = useRemoveFromCollection();
  const chosen = [...selection.chosen.values()];
  const ids = chosen.map(({ asset_id }) => asset_id);
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
      <Button startIcon={<EditIcon />} onClick={() => setOpen("edit")}>
        {t("selection.edit")}
      </Button>
      <Button startIcon={<AddIcon />} onClick={() => setOpen("collect")}>
        {t("selection.collect")}
      </Button>
      {collection && (
        <Button startIcon={<RemoveIcon />} disabled={remove.isPending} onClick={() => remove.mutate({ id: collection, asset_ids: ids }, { onSuccess: onClear })}>
          {t("selection.uncollect")}
        </Button>
      )}
      {remove.isError && (
        <Box sx={{ flexBasis: "100%" }}>
          <Fault fault={remove.error} />
        </Box>
      )}
      <Suspense fallback={null}>
        {open === "edit" && <BulkEditDialog titles={new Map(chosen.map(({ asset_id, title }) => [asset_id, title]))} onClose={close} />}
        {open === "collect" && <AddDialog assetIds={ids} projectIds={new Set(chosen.map(({ project_id }) => project_id))} onClose={close} />}
      </Suspense>
    </Paper>
  );
}
