import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useEffect, useId, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Segment } from "~/api/client";
import { isProblem } from "~/api/problem";
import { Fault } from "~/components/Fault";
import { useFormat } from "~/format/useFormat";

import { useCorrecting, type LineDraft } from "./useCorrecting";

interface Props {
  id: string;
  segment: Segment;
  draft: LineDraft;
  /** Names that this transcript has already. */
  speakers: readonly string[];
  onDraft: (draft: LineDraft) => void;
  onClose: (saved: boolean) => void;
}

/** One line being put right, where it stands. If somebody was faster both are shown, and a person decides. */
export function LineEditor({ id, segment, draft, speakers, onDraft, onClose }: Props) {
  const { t } = useTranslation("asset");
  const { t: page } = useTranslation();
  const format = useFormat();
  const names = useId();
  const { correct, undo, show } = useCorrecting(id);
  const { correction } = segment;
  const theirs = isProblem(correct.error, 412) ? (correct.error.body.current as Segment) : null;
  const gone = isProblem(correct.error, 404);
  const save = (version = draft.version) => correct.mutate({ ...draft, version }, { onSuccess: () => onClose(true) });
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []); // who opened it wants to write
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose(false);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && theirs === null) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Box
      component="form"
      aria-label={t("line.edit", { time: "" }).trim()}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onClick={(event) => event.stopPropagation()}
      sx={{ display: "grid", gap: 1, px: 1.5, py: 1.25, bgcolor: "background.default", borderLeft: 3, borderColor: "primary.main" }}
    >
      <TextField
        label={t("line.text")}
        value={draft.text}
        multiline
        minRows={2}
        maxRows={10}
        inputRef={field}
        onChange={(event) => onDraft({ ...draft, text: event.target.value })}
        slotProps={{ htmlInput: { maxLength: 10_000, lang: segment.language ?? undefined } }}
      />
      <TextField
        label={t("line.speaker")}
        value={draft.speaker}
        onChange={(event) => onDraft({ ...draft, speaker: event.target.value })}
        slotProps={{ htmlInput: { maxLength: 200, list: names, autoComplete: "off" } }}
      />
      <datalist id={names}>
        {speakers.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {correction && (
        <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>
          {t("line.corrected", { who: correction.author.replace(/^user:/, ""), when: format.moment(correction.at) })}
          <br />
          {t("line.machine", { text: correction.machine_text })}
        </Box>
      )}
      {theirs !== null && (
        <Alert severity="warning" variant="outlined" role="alert" data-conflict>
          {t("line.conflict")}
          <Box sx={{ display: "grid", gap: 1, mt: 1 }}>
            <Version name={t("line.mine")} text={draft.text} speaker={draft.speaker} />
            <Version name={t("line.theirs")} text={theirs.text} speaker={theirs.speaker ?? ""} />
            <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
              <Button variant="contained" disabled={correct.isPending} onClick={() => save(theirs.version)}>
                {t("line.keepMine")}
              </Button>
              <Button
                variant="outlined"
                onClick={() => {
                  show(theirs.number, theirs);
                  onClose(false);
                }}
              >
                {t("line.keepTheirs")}
              </Button>
            </Box>
          </Box>
        </Alert>
      )}
      {gone && <Alert severity="warning">{t("line.gone")}</Alert>}
      {correct.isError && theirs === null && !gone && <Fault fault={correct.error} retry={() => save()} />}
      {undo.isError && <Fault fault={undo.error} />}
      <Box sx={{ fontSize: "0.6875rem", color: "text.secondary" }}>{t("line.keys")}</Box>
      <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
        {theirs === null && (
          <Button type="submit" variant="contained" disabled={correct.isPending || undo.isPending}>
            {t("line.save")}
          </Button>
        )}
        <Button onClick={() => onClose(false)}>{page("cancel")}</Button>
        {correction && (
          <Button color="inherit" disabled={correct.isPending || undo.isPending} onClick={() => undo.mutate(correction.id, { onSuccess: () => onClose(true) })}>
            {t("line.undo")}
          </Button>
        )}
      </Box>
    </Box>
  );
}

function Version({ name, text, speaker }: { name: string; text: string; speaker: string }) {
  return (
    <Box sx={{ borderLeft: 2, borderColor: "divider", pl: 1 }}>
      <Box sx={{ fontSize: "0.6875rem", color: "text.secondary" }}>{name}</Box>
      <Box sx={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {speaker && <b>{speaker}: </b>}
        {text || "—"}
      </Box>
    </Box>
  );
}
