import UndoIcon from "@mui/icons-material/Undo";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import { ApiProblem, type FieldFault } from "~/api/problem";
import { Fault } from "~/components/Fault";
import { useFieldFault } from "~/components/useReason";

import type { Versioned } from "../api/useAsset";
import { MOMENTS, NAMES, RIGHTS_LINES, type Draft, type Field } from "../draft";
import { fromLocal, toLocal } from "~/format/moments";
import { useAutosave, type SaveState } from "../useAutosave";
import { ConflictDialog } from "./ConflictDialog";
import { Names } from "./Names";

interface Props {
  known: Versioned;
  onSaved: (saved: Versioned) => void;
}

/** Everything that editors write; it saves itself. */
export function MetadataForm({ known, onSaved }: Props) {
  const { t } = useTranslation();
  const fieldFault = useFieldFault();
  const form = useAutosave(known, onSaved);
  const readOnly = !known.asset.actions.includes("edit");
  const faults = form.save === "failed" ? faultsOf(form.fault, fieldFault) : {};

  const text = (field: Field, more: { multiline?: boolean; hint?: string; max?: number } = {}) => (
    <TextField
      key={field}
      label={t(`field.${field}`)}
      value={form.mine[field]}
      disabled={readOnly}
      onChange={(event) => form.edit(field, event.target.value)}
      error={field in faults}
      helperText={faults[field] ?? more.hint}
      {...(more.multiline && { multiline: true, minRows: 2, maxRows: 14 })}
      slotProps={{ htmlInput: { maxLength: more.max ?? 1_000 } }}
    />
  );
  const moment = (field: (typeof MOMENTS)[number]) => (
    <TextField
      key={field}
      type="datetime-local"
      label={t(`field.${field}`)}
      value={toLocal(form.mine[field] as string)}
      disabled={readOnly}
      onChange={(event) => form.edit(field, fromLocal(event.target.value))}
      error={field in faults}
      helperText={faults[field]}
      slotProps={{ inputLabel: { shrink: true } }}
    />
  );

  return (
    <Box component="form" aria-label={t("asset.metadata")} onSubmit={(event) => event.preventDefault()} sx={{ display: "grid", gap: 1.75 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, minHeight: 30 }}>
        <Saving save={form.save} t={t} readOnly={readOnly} />
        <Box sx={{ flex: 1 }} />
        {form.undo.length > 0 && (
          <Button startIcon={<UndoIcon />} onClick={form.undoLast}>
            {t("asset.undo")}
          </Button>
        )}
      </Box>
      {form.save === "failed" && Object.keys(faults).length === 0 && <Fault fault={form.fault} retry={form.again} />}
      {text("title")}
      {text("description", { multiline: true, max: 50_000 })}
      {text("caption", { multiline: true, max: 50_000 })}
      {NAMES.map((field) => (
        <Names key={field} label={t(`field.${field}`)} values={form.mine[field] as string[]} disabled={readOnly} onChange={(values) => form.edit(field, values)} />
      ))}
      <Box sx={{ display: "grid", gap: 1.75, gridTemplateColumns: { sm: "1fr 1fr" } }}>
        {text("byline")}
        {text("credit")}
        {text("source")}
        {text("event")}
        {text("created_on", { hint: t("asset.dateHint"), max: 10 })}
        {text("language", { hint: t("asset.languageHint"), max: 2 })}
      </Box>
      {text("name", { max: 1_024 })}
      <Typography variant="h2" sx={{ mt: 1 }}>
        {t("asset.rights")}
      </Typography>
      <Box sx={{ display: "grid", gap: 1.75, gridTemplateColumns: { sm: "1fr 1fr" } }}>
        {RIGHTS_LINES.map((field) => text(field))}
        {MOMENTS.map(moment)}
      </Box>
      {text("terms", { multiline: true, max: 50_000 })}
      {form.conflict && <ConflictDialog conflict={form.conflict} mine={form.mine} onChoose={form.choose} />}
    </Box>
  );
}

/** What the API found wrong, by field: `metadata.created_on` is our `created_on`. */
function faultsOf(fault: unknown, told: (fault: FieldFault) => string): Partial<Record<keyof Draft, string>> {
  if (!(fault instanceof ApiProblem) || !fault.body.errors) return {};
  return Object.fromEntries(fault.body.errors.map((one) => [one.field.split(".")[1] ?? one.field, told(one)]));
}

function Saving({ save, t, readOnly }: { save: SaveState; t: TFunction; readOnly: boolean }) {
  return (
    <Box role="status" data-save={save} sx={{ fontSize: "0.75rem", color: save === "failed" || save === "conflict" ? "error.main" : "text.secondary" }}>
      {readOnly ? t("asset.readOnly") : t(`asset.save.${save}`)}
    </Box>
  );
}
