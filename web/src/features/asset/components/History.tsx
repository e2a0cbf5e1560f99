import UndoIcon from "@mui/icons-material/Undo";
import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import NativeSelect from "@mui/material/NativeSelect";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { isProblem } from "~/api/problem";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";

import { arrivalOf, correctionsOf, editsOf, jobsOf, publicationsOf, together } from "../activity";
import { useCorrections, useEdits, usePublished, useUndo } from "../api/useHistory";
import { useFieldName } from "../useFieldName";
import { HappeningRow } from "./HappeningRow";

/** Who did what, when; what people changed can be taken back. */
export function History({ asset }: { asset: Asset }) {
  const { t } = useTranslation("asset");
  const { t: page } = useTranslation();
  const [onlyPeople, setOnlyPeople] = useState(true);
  const edits = useEdits(asset.id, asset.version);
  const corrections = useCorrections(asset.id, asset.version);
  const publications = usePublished(asset.id);
  const undo = useUndo(asset.id);
  if (edits.isPending || corrections.isPending) return <Loading />;
  const unread = edits.error ?? corrections.error;
  if (unread !== null && !edits.data) return <Fault fault={unread} retry={() => void Promise.all([edits.refetch(), corrections.refetch()])} />;

  const all = together([
    { happenings: editsOf(edits.data ?? []), more: edits.hasNextPage },
    { happenings: correctionsOf(corrections.data ?? []), more: corrections.hasNextPage },
    ...(onlyPeople
      ? []
      : [
          { happenings: jobsOf(asset.jobs), more: false },
          { happenings: publicationsOf(publications.data?.items ?? []), more: false },
          { happenings: [arrivalOf(asset)], more: false },
        ]),
  ]);
  const may = asset.actions.includes("edit");
  return (
    <Box sx={{ display: "grid", gap: 1.5 }}>
      <NativeSelect
        value={onlyPeople ? "people" : "all"}
        onChange={(event) => setOnlyPeople(event.target.value === "people")}
        inputProps={{ "aria-label": t("history.which") }}
        sx={{ justifySelf: "start" }}
      >
        <option value="people">{t("history.changes")}</option>
        <option value="all">{t("history.all")}</option>
      </NativeSelect>
      <NotUndone fault={undo.edit.error ?? undo.correction.error} />
      {all.length === 0 && <Nothing title={t("history.none")}>{t("history.noneWhy")}</Nothing>}
      <Box component="ol" aria-label={t("history.list")} sx={{ display: "grid", listStyle: "none", m: 0, p: 0 }}>
        {all.map((happening) => (
          <HappeningRow
            key={happening.key}
            happening={happening}
            {...(may &&
              happening.what === "edit" &&
              !happening.edit.undone &&
              happening.edit.what !== "move" && {
                undo: { icon: <UndoIcon />, act: () => undo.edit.mutate(happening.edit.id), disabled: undo.edit.isPending },
              })}
            {...(may &&
              happening.what === "correction" &&
              happening.correction.ended_at === null && {
                undo: { icon: <UndoIcon />, act: () => undo.correction.mutate(happening.correction.id), disabled: undo.correction.isPending },
              })}
          />
        ))}
      </Box>
      {(edits.hasNextPage || corrections.hasNextPage) && (
        <Button
          sx={{ justifySelf: "start" }}
          disabled={edits.isFetchingNextPage || corrections.isFetchingNextPage}
          onClick={() => {
            if (edits.hasNextPage) void edits.fetchNextPage();
            if (corrections.hasNextPage) void corrections.fetchNextPage();
          }}
        >
          {edits.isFetchingNextPage || corrections.isFetchingNextPage ? page("loading") : t("history.more")}
        </Button>
      )}
    </Box>
  );
}

/** A change that was built upon cannot be taken back: which fields stand in the way. */
function NotUndone({ fault }: { fault: unknown }) {
  const { t } = useTranslation("asset");
  const nameOf = useFieldName();
  if (fault === null) return null;
  const fields = isProblem(fault, 409) ? fault.body.fields : undefined;
  if (!Array.isArray(fields)) return <Fault fault={fault} />;
  return (
    <Alert severity="warning" variant="outlined">
      {t("history.since", { fields: fields.map((field) => nameOf(String(field))).join(", ") })}
    </Alert>
  );
}
