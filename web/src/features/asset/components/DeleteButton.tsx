import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import { useAssetActions, type Versioned } from "../api/useAsset";

export function DeleteButton({ known, title, onDeleted }: { known: Versioned; title: string; onDeleted: () => void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { remove } = useAssetActions(known.asset.id);
  if (!known.asset.actions.includes("delete")) return null;
  return (
    <>
      <Tooltip title={t("delete.button")}>
        <IconButton aria-label={t("delete.button")} onClick={() => setOpen(true)}>
          <DeleteIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <Dialog open={open} onClose={() => setOpen(false)} aria-labelledby="delete-title">
        <DialogTitle id="delete-title">{t("delete.title", { title })}</DialogTitle>
        <DialogContent>
          {t("delete.why")}
          {remove.isError && <Fault fault={remove.error} />}
        </DialogContent>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>{t("cancel")}</Button>
          <Button color="error" variant="contained" disabled={remove.isPending} onClick={() => remove.mutate(known.etag, { onSuccess: onDeleted })}>
            {t("delete.button")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
