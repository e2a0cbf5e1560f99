import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { LINES, MOMENTS, RIGHTS, WORDS, type Change, type Line } from "./bulkEdit";

const TWO = { display: "grid", gap: 1.75, gridTemplateColumns: { xs: "minmax(0, 1fr)", sm: "repeat(2, minmax(0, 1fr))" } } as const;

interface Props {
  change: Change;
  faults: Record<string, string>;
  onChange: (change: Change) => void;
}

/** What may be the same for several assets. An empty field means: as it is. */
export function BulkFields({ change, faults, onChange }: Props) {
  const { t } = useTranslation(["library", "page"]);
  const { add, remove, set, restricted } = change;
  const line = (field: Line, more: { type?: "datetime-local"; max?: number; hint?: string } = {}) => {
    const label = t(`page:field.${field}`);
    const cleared = set[field] === null;
    return (
      <Box key={field} sx={{ display: "flex", alignItems: "start", gap: 0.5 }}>
        <TextField
          label={label}
          value={set[field] ?? ""}
          onChange={(event) => onChange({ ...change, set: { ...set, [field]: event.target.value } })}
          disabled={cleared}
          error={field in faults}
          helperText={faults[field] ?? (cleared ? t("bulk.cleared") : more.hint)}
          {...(more.type && { type: more.type })}
          slotProps={{ htmlInput: { maxLength: more.max ?? 1_000 }, ...(more.type && { inputLabel: { shrink: true } }) }}
        />
        <Button
          color="inherit"
          aria-pressed={cleared}
          aria-label={t("bulk.clearOf", { field: label })}
          variant={cleared ? "outlined" : "text"}
          onClick={() => onChange({ ...change, set: { ...set, [field]: cleared ? "" : null } })}
          sx={{ mt: 0.5, flexShrink: 0 }}
        >
          {t("bulk.clear")}
        </Button>
      </Box>
    );
  };
  return (
    <>
      <Box sx={TWO}>
        {WORDS.flatMap((word) =>
          (["add", "remove"] as const).map((what) => (
            <TextField
              key={`${what} ${word}`}
              label={t(`bulk.${what}`, { field: t(`page:field.${word}`) })}
              value={{ add, remove }[what][word] ?? ""}
              onChange={(event) => onChange({ ...change, [what]: { ...change[what], [word]: event.target.value } })}
              error={`${what}_${word}` in faults}
              helperText={faults[`${what}_${word}`] ?? (word === "keywords" ? t("bulk.words") : undefined)}
              slotProps={{ htmlInput: { maxLength: 5_000 } }}
            />
          )),
        )}
      </Box>
      <Typography variant="h3">{t("bulk.lines")}</Typography>
      <Box sx={TWO}>
        {LINES.map((field) => line(field, field === "description" ? { max: 50_000 } : {}))}
        {line("created_on", { max: 10, hint: t("page:asset.dateHint") })}
        {line("language", { max: 2, hint: t("page:asset.languageHint") })}
      </Box>
      <Typography variant="h3">{t("bulk.rights")}</Typography>
      <Box sx={TWO}>
        {RIGHTS.map((field) => line(field, field === "terms" ? { max: 50_000 } : {}))}
        {MOMENTS.map((field) => line(field, { type: "datetime-local" }))}
        <TextField
          select
          label={t("bulk.restricted.label")}
          value={restricted}
          onChange={(event) => onChange({ ...change, restricted: event.target.value as Change["restricted"] })}
          error={"restricted" in faults}
          helperText={faults.restricted}
        >
          {(["same", "yes", "no"] as const).map((value) => (
            <MenuItem key={value} value={value}>
              {t(`bulk.restricted.${value}`)}
            </MenuItem>
          ))}
        </TextField>
      </Box>
    </>
  );
}
