import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import Link from "@mui/material/Link";
import NativeSelect from "@mui/material/NativeSelect";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Publication } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { useFormat } from "~/format/useFormat";

import { useChannels, usePublications, usePublishing } from "./usePublications";

/** Where the asset is to be seen, and how it gets there; the API decides whether its rights allow it, and says why not. */
export function Publications({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const publications = usePublications(asset.id);
  const channels = useChannels(asset.project_id);
  const { publish, withdraw, retry } = usePublishing(asset.id);
  const [chosen, setChosen] = useState("");
  const [at, setAt] = useState("");
  const may = asset.actions.includes("publish");
  const open = channels.data?.items.filter((channel) => channel.enabled) ?? [];
  const channel = open.find(({ id }) => id === chosen) ?? open[0];
  const name = (id: string) => channels.data?.items.find((known) => known.id === id)?.name ?? id;
  if (publications.isPending || channels.isPending) return <Loading />;
  const fault = publications.error ?? channels.error ?? publish.error ?? withdraw.error ?? retry.error;
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      {fault !== null && <Fault fault={fault} />}
      {may && channel && (
        <Box sx={{ display: "flex", gap: 1.5, flexWrap: "wrap", alignItems: "flex-end" }}>
          <NativeSelect value={channel.id} onChange={(event) => setChosen(event.target.value)} inputProps={{ "aria-label": t("publish.channel") }}>
            {open.map((known) => (
              <option key={known.id} value={known.id}>
                {known.name}
              </option>
            ))}
          </NativeSelect>
          <TextField type="datetime-local" label={t("publish.at")} value={at} onChange={(event) => setAt(event.target.value)} sx={{ width: 240 }} slotProps={{ inputLabel: { shrink: true } }} />
          <Button variant="contained" disabled={publish.isPending} onClick={() => publish.mutate({ channel: channel.id, at })}>
            {at ? t("publish.schedule") : t("publish.now")}
          </Button>
        </Box>
      )}
      {open.length === 0 && <Box sx={{ color: "text.secondary" }}>{t("publish.noChannel")}</Box>}
      <Box component="ul" aria-label={t("publish.list")} sx={{ display: "grid", gap: 1.5, listStyle: "none", m: 0, p: 0 }}>
        {publications.data?.items.map((known) => (
          <li key={known.id}>
            <Row publication={known} name={name(known.channel_id)} {...(may && { onWithdraw: () => withdraw.mutate(known.id), onRetry: () => retry.mutate(known.id) })} />
          </li>
        ))}
      </Box>
    </Box>
  );
}

interface RowProps {
  publication: Publication;
  name: string;
  onWithdraw?: () => void;
  onRetry?: () => void;
}

function Row({ publication, name, onWithdraw, onRetry }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { state, url, published_at: since, publish_at: planned, reason, advice, sent_bytes: sent, total_bytes: total, live } = publication;
  return (
    <Box sx={{ display: "grid", gap: 0.5, p: 1.5, border: 1, borderColor: "divider", borderRadius: 1, bgcolor: "background.paper" }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
        <Box component="span" sx={{ fontWeight: 600 }}>
          {name}
        </Box>
        <Box component="span" role="status" sx={{ fontSize: "0.75rem", color: state === "failed" ? "error.main" : "text.secondary" }}>
          {t(`publish.state.${state}`)}
          {state === "published" && since && ` · ${format.moment(since)}`}
          {state === "waiting" && planned && ` · ${format.moment(planned)}`}
        </Box>
        <Box sx={{ flex: 1 }} />
        {url && /^https?:/.test(url) && (
          <Link href={url} target="_blank" rel="noopener noreferrer">
            {t("publish.open")}
          </Link>
        )}
        {state === "failed" && onRetry && <Button onClick={onRetry}>{t("publish.retry")}</Button>}
        {(live || state === "requested" || state === "waiting") && onWithdraw && (
          <Button color="error" onClick={onWithdraw} aria-label={t("publish.withdrawOf", { name })}>
            {t("publish.withdraw")}
          </Button>
        )}
      </Box>
      {state === "sending" && total > 0 && <LinearProgress variant="determinate" value={(sent / total) * 100} aria-label={name} />}
      {reason && (
        <Alert severity={state === "failed" ? "error" : "info"} variant="outlined" sx={{ py: 0 }}>
          {reason} {advice}
        </Alert>
      )}
    </Box>
  );
}
