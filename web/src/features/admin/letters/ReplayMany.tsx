import Alert from "@mui/material/Alert";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DeadLetter } from "~/api/client";

import { Form } from "../parts/Form";
import { useReplayMany } from "./useDeadLetters";

const SELECT = { select: { native: true }, inputLabel: { shrink: true } } as const;
const values = (texts: readonly (string | null)[]): string[] => [...new Set(texts.filter((text) => text !== null))].sort();

/** All that fit, oldest first and no faster than asked; what one call does not reach is said, and the next one goes on. */
export function ReplayMany({ known }: { known: readonly DeadLetter[] }) {
  const { t } = useTranslation("admin");
  const replay = useReplayMany();
  const [type, setType] = useState("");
  const [destination, setDestination] = useState("");
  const [most, setMost] = useState("100");
  const [rate, setRate] = useState("20");
  return (
    <Form
      submit={t("letters.replay")}
      busy={replay.isPending}
      fault={replay.error}
      onSubmit={() => replay.mutate({ event_type: type || null, destination: destination || null, limit: Number(most), per_second: Number(rate) })}
    >
      <TextField select label={t("letters.event")} value={type} onChange={(event) => setType(event.target.value)} slotProps={SELECT}>
        <option value="">{t("letters.all")}</option>
        {values(known.map((letter) => letter.event_type)).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </TextField>
      <TextField select label={t("letters.destination")} value={destination} onChange={(event) => setDestination(event.target.value)} slotProps={SELECT}>
        <option value="">{t("letters.all")}</option>
        {values(known.map((letter) => letter.destination)).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </TextField>
      <TextField required type="number" label={t("letters.most")} value={most} onChange={(event) => setMost(event.target.value)} slotProps={{ htmlInput: { min: 1, max: 1000 } }} />
      <TextField required type="number" label={t("letters.rate")} value={rate} onChange={(event) => setRate(event.target.value)} slotProps={{ htmlInput: { min: 1, max: 200 } }} />
      {replay.data && (
        <Alert severity="success" variant="outlined" role="status">
          {t("letters.done", { count: replay.data.replayed, left: replay.data.left })}
        </Alert>
      )}
    </Form>
  );
}
