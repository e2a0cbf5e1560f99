import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import type { SavedSearch } from "../api/answers";
import { useSave } from "../api/useSaved";
import { toParameters } from "../saved";
import type { SearchParams } from "../searchParams";

const MAX_NAME = 200;

interface Props {
  params: SearchParams;
  saved: readonly SavedSearch[];
  onSaved: (name: string) => void;
}

/** Keep what is searched for now under a name; a name that is there already is changed. */
export function SavedSearchForm({ params, saved, onSaved }: Props) {
  const { t } = useTranslation("library");
  const save = useSave();
  const [name, setName] = useState(params.q ?? "");
  const [notify, setNotify] = useState(false);
  const parameters = toParameters(params);
  const wanted = name.trim();
  const known = saved.find((search) => search.name === wanted);
  if (!parameters) return <Typography sx={{ color: "text.secondary" }}>{t("saved.nothing")}</Typography>;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (wanted) save.mutate({ known, wanted: { name: wanted, parameters, notify } }, { onSuccess: () => onSaved(wanted) });
  };
  return (
    <Box component="form" onSubmit={onSubmit} sx={{ display: "grid", gap: 1 }}>
      <TextField
        label={t("saved.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        helperText={known ? t("saved.replace") : undefined}
        required
        slotProps={{ htmlInput: { maxLength: MAX_NAME } }}
        sx={{ mt: 0.5 }}
      />
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
        <FormControlLabel sx={{ flex: "1 1 200px" }} control={<Checkbox size="small" checked={notify} onChange={(event) => setNotify(event.target.checked)} />} label={t("saved.notify")} />
        <Button type="submit" variant="contained" disabled={!wanted || save.isPending}>
          {t("saved.save")}
        </Button>
      </Box>
      {save.isError && <Fault fault={save.error} />}
    </Box>
  );
}
