import ListenIcon from "@mui/icons-material/PlayArrow";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Speaker } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { clock } from "~/format/timecode";
import type { Playback } from "~/playback/playback";

import { useCorrecting, useSpeakers } from "./useCorrecting";

/** The voices that a machine told apart, and the names that people give them. */
export function SpeakersDialog({ id, playback, onClose }: { id: string; playback: Playback; onClose: () => void }) {
  const { t } = useTranslation("asset");
  const { t: page } = useTranslation();
  const speakers = useSpeakers(id, true);
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={onClose} aria-labelledby="speakers-title">
      <DialogTitle id="speakers-title">{t("speakers.title")}</DialogTitle>
      <DialogContent sx={{ display: "grid", gap: 2 }}>
        <Box sx={{ color: "text.secondary" }}>{speakers.data?.items.length === 0 ? t("speakers.none") : t("speakers.why")}</Box>
        {speakers.isPending && <Loading />}
        {speakers.isError && <Fault fault={speakers.error} retry={() => void speakers.refetch()} />}
        {speakers.data?.items.map((speaker) => (
          <Voice key={`${speaker.voice}:${speaker.name ?? ""}`} id={id} speaker={speaker} onListen={() => playback.playFrom(speaker.first_ms / 1000)} />
        ))}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{page("close")}</Button>
      </DialogActions>
    </Dialog>
  );
}

function Voice({ id, speaker, onListen }: { id: string; speaker: Speaker; onListen: () => void }) {
  const { t } = useTranslation("asset");
  const { nameVoice } = useCorrecting(id);
  const [name, setName] = useState(speaker.name ?? "");
  const { voice, lines, total_ms: total } = speaker;
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        nameVoice.mutate({ voice, name });
      }}
      sx={{ display: "grid", gap: 0.5 }}
    >
      <Box sx={{ display: "flex", gap: 1, alignItems: "center", pt: 1 }}>
        <IconButton aria-label={t("speakers.listen", { voice })} onClick={onListen}>
          <ListenIcon fontSize="small" />
        </IconButton>
        <TextField
          label={t("speakers.voice", { voice })}
          value={name}
          helperText={t("speakers.lines", { count: lines, time: clock(total / 1000) })}
          onChange={(event) => setName(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 200 } }}
        />
        <Button type="submit" disabled={nameVoice.isPending || name.trim() === (speaker.name ?? "")}>
          {t("speakers.save")}
        </Button>
      </Box>
      {nameVoice.isError && <Fault fault={nameVoice.error} />}
    </Box>
  );
}
