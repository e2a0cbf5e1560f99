import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import { ApiProblem, type FieldFault } from "~/api/problem";
import { Fault } from "~/components/Fault";
import { useFieldFault } from "~/components/useReason";

import { NOTHING, toBulkEdit, type Change } from "./bulkEdit";
import { BulkFields } from "./BulkFields";
import { BulkResult } from "./BulkResult";
import { useBulkEdit } from "./useBulkEdit";

/** Names that are shown before the rest is a number. */
const SHOWN = 3;

interface Props {
  /** asset id → its title */
  titles: ReadonlyMap<string, string>;
  onClose: () => void;
}

/** The same change of everything that is selected; then what became of each. */
export function BulkEditDialog({ titles, onClose }: Props) {
  const { t } = useTranslation(["library", "page"]);
  const fieldFault = useFieldFault();
  const [change, setChange] = useState<Change>(NOTHING);
  const [nonce, setNonce] = useState(() => crypto.randomUUID());
  const { edit, undo } = useBulkEdit();
  const body = toBulkEdit(change, [...titles.keys()]);
  const names = [...titles.values()];
  const done = undo.data ?? edit.data;
  const changed = done?.edited.filter((one) => one.changed).length ?? 0;
  const busy = edit.isPending || undo.isPending;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (body) edit.mutate({ body, nonce });
  };
  return (
    <Dialog open onClose={busy ? undefined : onClose} maxWidth="md" fullWidth aria-labelledby="bulk-title">
      <DialogTitle id="bulk-title" component="h2" sx={{ fontSize: "1.125rem" }}>
        {t("bulk.title", { count: titles.size })}
      </DialogTitle>
      {done ? (
        <BulkResult done={done} titles={titles} said={undo.data ? t("bulk.undone", { count: changed }) : t("bulk.done", { count: changed })} />
      ) : (
        <DialogContent>
          <Box component="form" id="bulk-form" onSubmit={onSubmit} sx={{ display: "grid", gap: 2, gridTemplateColumns: "minmax(0, 1fr)" }}>
            <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
              {names.slice(0, SHOWN).map((name) => `«${name}»`).join(", ")} {names.length > SHOWN && t("bulk.and", { count: names.length - SHOWN })}
            </Typography>
            <Typography>{t("bulk.how")}</Typography>
            <BulkFields
              change={change}
              faults={faultsOf(edit.error, fieldFault)}
              onChange={(next) => {
                setChange(next);
                setNonce(crypto.randomUUID()); // another request
              }}
            />
            {edit.isError && <Fault fault={edit.error} />}
          </Box>
        </DialogContent>
      )}
      {undo.isError && (
        <Box sx={{ px: 3 }}>
          <Fault fault={undo.error} />
        </Box>
      )}
      <DialogActions>
        {done && !undo.data && changed > 0 && (
          <Button color="inherit" disabled={busy} onClick={() => undo.mutate(done.bulk_id)}>
            {t("bulk.undo")}
          </Button>
        )}
        <Button onClick={onClose} disabled={busy}>
          {done ? t("page:close") : t("page:cancel")}
        </Button>
        {!done && (
          <Button type="submit" form="bulk-form" variant="contained" disabled={!body || busy}>
            {busy ? t("bulk.applying") : t("bulk.apply")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

/** What the API found wrong, by the last part of its name: `edit.metadata.created_on`. */
function faultsOf(fault: unknown, told: (fault: FieldFault) => string): Record<string, string> {
  if (!(fault instanceof ApiProblem) || !fault.body.errors) return {};
  return Object.fromEntries(fault.body.errors.map((one) => [one.field.split(".").find((part) => !["edit", "metadata", "rights"].includes(part)) ?? one.field, told(one)]));
}
