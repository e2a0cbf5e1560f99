import FormControlLabel from "@mui/material/FormControlLabel";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import { useTranslation } from "react-i18next";

import { MONOSPACE } from "~/theme/theme";

import { fieldKey, type Draft, type Field } from "./settingsForm";

interface Props {
  fields: readonly Field[];
  draft: Draft;
  /** Keys of fields whose text is not what it has to be. */
  broken: readonly string[];
  onChange: (draft: Draft) => void;
}

/** The settings that a type of channel wants, one field each. */
export function SettingsFields({ fields, draft, broken, onChange }: Props) {
  return fields.map((field) => {
    const key = fieldKey(field);
    return <One key={key} field={field} value={draft[key] ?? ""} broken={broken.includes(key)} onChange={(value) => onChange({ ...draft, [key]: value })} />;
  });
}

function One({ field, value, broken, onChange }: { field: Field; value: string; broken: boolean; onChange: (value: string) => void }) {
  const { t } = useTranslation("admin");
  if (field.kind === "flag") {
    return <FormControlLabel label={field.title} control={<Switch checked={value === "true"} onChange={(event) => onChange(String(event.target.checked))} />} />;
  }
  const byDefault = field.byDefault === undefined ? "" : typeof field.byDefault === "string" ? field.byDefault : JSON.stringify(field.byDefault);
  const hint = [field.hint, field.kind === "list" && t("channels.aLine"), field.kind === "json" && "JSON"].filter(Boolean).join(" · ");
  const wide = field.kind === "list" || field.kind === "json" || field.kind === "long";
  return (
    <TextField
      required={field.required}
      error={broken}
      label={field.title}
      helperText={broken ? t("channels.noJson") : hint || undefined}
      value={value}
      placeholder={byDefault}
      onChange={(event) => onChange(event.target.value)}
      {...(field.kind === "choice" && { select: true })}
      {...(wide && { multiline: true, minRows: 2, maxRows: 12 })}
      {...((field.kind === "whole" || field.kind === "number") && { type: "number" })}
      slotProps={{
        inputLabel: { shrink: true },
        ...(field.kind === "choice" && { select: { native: true } }),
        htmlInput: {
          spellCheck: false,
          ...(field.kind === "number" && { step: "any" }),
          ...(field.least !== null && { min: field.least }),
          ...(field.most !== null && { max: field.most }),
          ...(wide && { style: { fontFamily: MONOSPACE, fontSize: "0.75rem" } }),
        },
      }}
    >
      {field.kind === "choice" && [
        <option key="" value="">
          {byDefault}
        </option>,
        ...field.options
          .filter((option) => option !== byDefault)
          .map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          )),
      ]}
    </TextField>
  );
}
