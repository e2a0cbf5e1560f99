import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import { useDeleteCollection, type Collection } from "./api/useCollections";

export function DeleteDialog({ collection, onClose }: { collection: Collection; onClose: () => void }) {
  const { t } = useTranslation(["library", "page"]);
  const remove = useDeleteCollection();
  return (
    <Dialog open onClose={onClose} aria-labelledby="delete-title">
      <DialogTitle id="delete-title" component="h2">
        {t("collections.deleteTitle", { name: collection.name })}
      </DialogTitle>
      <DialogContent>
        {t("collections.deleteWhy")}
        {remove.isError && <Fault fault={remove.error} />}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("page:cancel")}</Button>
        <Button color="error" variant="contained" disabled={remove.isPending} onClick={() => remove.mutate(collection.id, { onSuccess: onClose })}>
          {t("collections.delete")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
