import CloseIcon from "@mui/icons-material/Close";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";

import { useForget, useSavedSearches } from "../api/useSaved";
import type { SearchParams } from "../searchParams";
import { News } from "./News";
import { SavedSearchForm } from "./SavedSearchForm";
import { SavedSearchRow } from "./SavedSearchRow";

interface Props {
  params: SearchParams;
  onOpen: (params: SearchParams) => void;
  onClose: () => void;
}

/** Searches that one keeps, what they found since, and what is remembered of one's own. */
export function SavedSearches({ params, onOpen, onClose }: Props) {
  const { t } = useTranslation(["library", "page"]);
  const saved = useSavedSearches();
  const forget = useForget();
  const [said, setSaid] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const deleted = (name: string) => {
    setSaid(t("saved.deleted", { name }));
    list.current?.focus(); // the button that had the focus goes with its row: the keyboard stays in the dialog
  };
  const open = (found: SearchParams) => {
    onOpen({ ...found, ...(params.view && { view: params.view }) });
    onClose();
  };
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="saved-title">
      <DialogTitle id="saved-title" component="h2" sx={{ display: "flex", alignItems: "center", fontSize: "1.125rem" }}>
        <Box sx={{ flex: 1 }}>{t("saved.title")}</Box>
        <IconButton aria-label={t("page:close")} onClick={onClose}>
          <CloseIcon fontSize="small" />
        </IconButton>
      </DialogTitle>
      <DialogContent sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 2.5, alignContent: "start" }}>
        <Box role="status" sx={{ fontSize: "0.8125rem", color: "success.main", "&:empty": { display: "none" } }}>
          {said}
        </Box>
        <Part title={t("saved.current")}>
          <SavedSearchForm params={params} saved={saved.data ?? []} onSaved={(name) => setSaid(t("saved.kept", { name }))} />
        </Part>
        <Part title={t("saved.mine")}>
          {saved.isPending && <Loading />}
          {saved.isError && <Fault fault={saved.error} retry={() => void saved.refetch()} />}
          {saved.data?.length === 0 && <Typography sx={{ color: "text.secondary" }}>{t("saved.none")}</Typography>}
          <Box component="ul" ref={list} tabIndex={-1} sx={{ m: 0, p: 0, listStyle: "none", display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 0.5 }}>
            {saved.data?.map((search) => <SavedSearchRow key={search.id} search={search} onOpen={open} onDeleted={() => deleted(search.name)} />)}
          </Box>
        </Part>
        <Part title={t("saved.news")}>
          <News onLeave={onClose} />
        </Part>
        <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap", pt: 1.5, borderTop: 1, borderColor: "divider" }}>
          <Typography variant="caption" sx={{ flex: 1, minWidth: 220, color: "text.secondary" }}>
            {t("saved.history")}
          </Typography>
          <Button color="inherit" disabled={forget.isPending} onClick={() => forget.mutate(undefined, { onSuccess: () => setSaid(t("saved.forgotten")) })}>
            {t("saved.forget")}
          </Button>
        </Box>
        {forget.isError && <Fault fault={forget.error} />}
      </DialogContent>
    </Dialog>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box component="section" sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 1 }}>
      <Typography variant="h3">{title}</Typography>
      {children}
    </Box>
  );
}
