import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import type { Publication } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

import { useAttempts } from "./usePublications";

/** What was tried, newest first, with what the channel said. */
export function Attempts({ publication }: { publication: Publication }) {
  const { t, i18n } = useTranslation("asset");
  const { t: page } = useTranslation();
  const format = useFormat();
  const { data, isPending, error, refetch } = useAttempts(publication.id, publication.updated_at);
  if (isPending) return <Loading />;
  if (!data) return <Fault fault={error} retry={() => void refetch()} />;
  const outcomeOf = (outcome: string | null): string => {
    if (outcome === null) return t("channel.underWay");
    if (outcome === "lease-lost") return t("channel.takenOver");
    return i18n.exists(`publish.state.${outcome}`) ? page(`publish.state.${outcome as "failed"}`) : outcome;
  };
  return (
    <Box component="ol" aria-label={t("channel.attempts")} sx={{ display: "grid", gap: 0.5, listStyle: "none", m: 0, p: 0, fontSize: "0.75rem" }}>
      {data.attempts.map((attempt) => (
        <Box component="li" key={attempt.id} sx={{ overflowWrap: "anywhere" }}>
          <Box component="span" sx={{ color: "text.secondary" }}>
            {format.moment(attempt.started_at)}
          </Box>{" "}
          {i18n.exists(`channel.action.${attempt.action}`, { ns: "asset" }) ? t(`channel.action.${attempt.action as "send"}`) : attempt.action}:{" "}
          <b>{outcomeOf(attempt.outcome)}</b>
          {attempt.reason && (
            <>
              {" · "}
              <Why groups="channel" code={attempt.code} text={attempt.reason} />
            </>
          )}
          {attempt.sent_bytes !== null && attempt.sent_bytes > 0 && ` · ${format.bytes(attempt.sent_bytes)}`}
        </Box>
      ))}
    </Box>
  );
}
