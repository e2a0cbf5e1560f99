import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import IconButton from "@mui/material/IconButton";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import type { SavedSearch } from "../api/answers";
import { useDrop, useSave } from "../api/useSaved";
import { fromParameters } from "../saved";
import { FILTERS, type SearchParams } from "../searchParams";
import { useValueLabel } from "./Facets";

interface Props {
  search: SavedSearch;
  onOpen: (params: SearchParams) => void;
  onDeleted: () => void;
}

/** One saved search: open it, be told of what is new or not, let it go. */
export function SavedSearchRow({ search, onOpen, onDeleted }: Props) {
  const { t } = useTranslation("library");
  const label = useValueLabel();
  const save = useSave();
  const drop = useDrop();
  const params = fromParameters(search.parameters);
  const { name, parameters } = search;
  const said = [params.q && `«${params.q}»`, ...FILTERS.flatMap((filter) => (params[filter] ?? []).map((value) => label(filter, value))), params.date && label("month", params.date)].filter(Boolean);
  return (
    <Box component="li" sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 0.5, border: 1, borderColor: "divider", borderRadius: 1, p: 1 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Button
            aria-label={t("saved.open", { name })}
            onClick={() => onOpen(params)}
            sx={{ p: 0, minWidth: 0, maxWidth: "100%", justifyContent: "start", "& > *": { overflow: "hidden" } }}
          >
            <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
              {name}
            </Box>
          </Button>
          <Box sx={{ fontSize: "0.75rem", color: "text.secondary", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{said.join(" · ")}</Box>
        </Box>
        <FormControlLabel
          control={
            <Checkbox
              size="small"
              checked={save.isPending ? !search.notify : search.notify}
              disabled={save.isPending}
              onChange={(event) => save.mutate({ known: search, wanted: { name, parameters, notify: event.target.checked } })}
              slotProps={{ input: { "aria-label": t("saved.notifyOf", { name }) } }}
            />
          }
          label={t("saved.notify")}
          slotProps={{ typography: { variant: "caption", "aria-hidden": true, sx: { display: { xs: "none", sm: "block" } } } }}
          sx={{ mr: 0 }}
        />
        <IconButton aria-label={t("saved.delete", { name })} disabled={drop.isPending} onClick={() => drop.mutate(search, { onSuccess: onDeleted })}>
          <DeleteIcon fontSize="small" />
        </IconButton>
      </Box>
      {(save.isError || drop.isError) && <Fault fault={save.error ?? drop.error} />}
    </Box>
  );
}
