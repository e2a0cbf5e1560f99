import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import { useEditCollection, type Collection } from "./api/useCollections";

export function RenameDialog({ collection, onClose }: { collection: Collection; onClose: () => void }) {
  const { t } = useTranslation(["library", "page"]);
  const edit = useEditCollection();
  const [name, setName] = useState(collection.name);
  const [description, setDescription] = useState(collection.description);
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (name.trim()) edit.mutate({ id: collection.id, name: name.trim(), description }, { onSuccess: onClose });
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs" aria-labelledby="rename-title" slotProps={{ paper: { component: "form", onSubmit } }}>
      <DialogTitle id="rename-title" component="h2">
        {t("collections.rename")}
      </DialogTitle>
      <DialogContent sx={{ display: "grid", gap: 2 }}>
        <TextField label={t("collections.name")} value={name} onChange={(event) => setName(event.target.value)} required slotProps={{ htmlInput: { maxLength: 200 } }} sx={{ mt: 1 }} />
        <TextField label={t("collections.description")} value={description} onChange={(event) => setDescription(event.target.value)} multiline minRows={2} maxRows={8} slotProps={{ htmlInput: { maxLength: 10_000 } }} />
        {edit.isError && <Fault fault={edit.error} />}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("page:cancel")}</Button>
        <Button type="submit" variant="contained" disabled={!name.trim() || edit.isPending}>
          {t("collections.save")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
