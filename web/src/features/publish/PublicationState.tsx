import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import Link from "@mui/material/Link";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Publication } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

import { Attempts } from "./Attempts";
import { WithdrawDialog } from "./WithdrawDialog";
import { isSettled, usePublishing } from "./usePublications";

/** What waits for a moment that is known. */
const AT_A_TIME: ReadonlySet<string> = new Set(["rights-embargo", "rights-not-yet", "quota-exhausted", "rate-limited", "too-early", "channel-down"]);

/** Where a publication is, live; how to try it again and how to take it down. */
export function PublicationState({ asset, publication, name }: { asset: Asset; publication: Publication; name: string }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation("asset");
  const format = useFormat();
  const { withdraw, retry } = usePublishing(asset.id);
  const [asking, setAsking] = useState(false);
  const [tried, setTried] = useState(false);
  const may = asset.actions.includes("publish");
  const { id, state, wanted, live, url, reason, reason_code: code, advice, sent_bytes: sent, total_bytes: total } = publication;
  const withdrawable = wanted === "live" && (live || state === "requested" || state === "waiting" || state === "sending" || state === "processing");
  const times = [
    state === "published" && publication.published_at && format.moment(publication.published_at),
    state === "waiting" && publication.publish_at && own("channel.planned", { when: format.moment(publication.publish_at) }),
    state === "withdrawn" && publication.withdrawn_at && format.moment(publication.withdrawn_at),
    code !== null && AT_A_TIME.has(code) && publication.due_at && own("channel.next", { when: format.moment(publication.due_at) }),
    wanted === "live" && publication.withdraw_at && own("channel.ends", { when: format.moment(publication.withdraw_at) }),
    state === "sending" && total > 0 && own("channel.progress", { sent: format.bytes(sent), total: format.bytes(total) }),
  ].filter((text) => typeof text === "string" && text !== "");
  return (
    <Box sx={{ display: "grid", gap: 0.75 }} data-publication={state}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap", fontSize: "0.8125rem" }}>
        <Box component="span" role="status" sx={{ color: state === "failed" ? "error.main" : "text.secondary" }}>
          <b>{t(`publish.state.${state}`)}</b>
          {times.length > 0 && ` · ${times.join(" · ")}`}
        </Box>
        <Box sx={{ flex: 1 }} />
        {url && /^https?:/.test(url) && state !== "withdrawn" && (
          <Link href={url} target="_blank" rel="noopener noreferrer">
            {t("publish.open")}
          </Link>
        )}
        <Button color="inherit" onClick={() => setTried(!tried)} aria-expanded={tried}>
          {own("channel.attempts")}
        </Button>
        {may && state === "failed" && (
          <Button onClick={() => retry.mutate(id)} disabled={retry.isPending}>
            {t("publish.retry")}
          </Button>
        )}
        {may && withdrawable && (
          <Button color="error" onClick={() => setAsking(true)} aria-label={t("publish.withdrawOf", { name })} disabled={withdraw.isPending}>
            {t("publish.withdraw")}
          </Button>
        )}
      </Box>
      {!isSettled(publication) && (
        <LinearProgress {...(state === "sending" && total > 0 ? { variant: "determinate", value: Math.min(100, (sent / total) * 100) } : { variant: "indeterminate" })} aria-label={`${name}: ${t(`publish.state.${state}`)}`} />
      )}
      {reason && state !== "published" && !(state === "withdrawn" && code === "withdrawn") && (
        <Alert severity={state === "failed" ? "error" : "info"} variant="outlined" sx={{ py: 0 }}>
          <Why groups="channel" code={code} text={reason} />
          {advice && (
            <Box component="span" sx={{ display: "block" }}>
              <Why groups="advice" code={code} text={advice} />
            </Box>
          )}
        </Alert>
      )}
      {(withdraw.error ?? retry.error) !== null && <Fault fault={withdraw.error ?? retry.error} />}
      {tried && <Attempts publication={publication} />}
      {asking && (
        <WithdrawDialog
          name={name}
          onClose={() => setAsking(false)}
          onWithdraw={() => {
            withdraw.mutate(id);
            setAsking(false);
          }}
        />
      )}
    </Box>
  );
}
