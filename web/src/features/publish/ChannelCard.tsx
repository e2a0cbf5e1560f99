import ReadyIcon from "@mui/icons-material/CheckCircleOutlined";
import LaterIcon from "@mui/icons-material/Schedule";
import NoIcon from "@mui/icons-material/HighlightOff";
import NoteIcon from "@mui/icons-material/InfoOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Channel, Publication } from "~/api/client";
import { Fault } from "~/components/Fault";
import { useReason } from "~/components/useReason";
import { useFormat } from "~/format/useFormat";

import { isPossible, missingFor, type Missing } from "./missing";
import { PublicationState } from "./PublicationState";
import { usePublishing } from "./usePublications";

interface Props {
  asset: Asset;
  channel: Channel;
  publication: Publication | undefined;
}

const ICONS = { no: NoIcon, later: LaterIcon, note: NoteIcon } as const;
const COLOURS = { no: "error.main", later: "warning.main", note: "text.secondary" } as const;

/** One channel: what is missing for it, how the asset stands there, and a button. */
export function ChannelCard({ asset, channel, publication }: Props) {
  const { t } = useTranslation("asset");
  const { t: page } = useTranslation();
  const textOf = useMissingText();
  const { publish } = usePublishing(asset.id);
  const [planning, setPlanning] = useState(false);
  const [at, setAt] = useState("");
  const [until, setUntil] = useState("");
  const missing = missingFor(asset, channel, new Date());
  const there = publication !== undefined && publication.wanted === "live" && publication.state !== "failed";
  const may = asset.actions.includes("publish") && !there;
  const { name } = channel;
  const order = () =>
    publish.mutate(
      { channel: channel.id, at, until },
      {
        onSuccess: () => {
          setPlanning(false);
          setAt("");
          setUntil("");
        },
      },
    );
  return (
    <Box data-channel={channel.id} sx={{ display: "grid", gap: 1, p: 1.5, border: 1, borderColor: "divider", borderRadius: 1, bgcolor: "background.paper" }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
        <Box component="h2" sx={{ m: 0, fontSize: "0.875rem", fontWeight: 650 }}>
          {name}
        </Box>
        <Box component="span" sx={{ fontSize: "0.75rem", color: "text.secondary" }}>
          {channel.type}
          {channel.territories.length > 0 && ` · ${channel.territories.join(", ")}`}
        </Box>
        <Box sx={{ flex: 1 }} />
        {may && (
          <>
            <Button onClick={() => setPlanning(!planning)} aria-expanded={planning} aria-label={`${t("channel.when")}: ${name}`} disabled={!isPossible(missing)}>
              {t("channel.when")}
            </Button>
            <Button variant="contained" disabled={publish.isPending || !isPossible(missing)} aria-label={at ? t("channel.orderAt", { name }) : publication ? `${t("channel.again")}: ${name}` : t("channel.order", { name })} onClick={order}>
              {at ? page("publish.schedule") : publication ? t("channel.again") : page("publish.now")}
            </Button>
          </>
        )}
      </Box>
      {planning && may && (
        <Box sx={{ display: "flex", gap: 1.5, flexWrap: "wrap", pt: 1 }}>
          <Moment label={page("publish.at")} value={at} onChange={setAt} />
          <Moment label={t("channel.withdrawAt")} value={until} onChange={setUntil} />
        </Box>
      )}
      {!there && (
        <Box component="ul" aria-label={t("channel.missing")} sx={{ display: "grid", gap: 0.5, listStyle: "none", m: 0, p: 0, fontSize: "0.8125rem" }}>
          {missing.length === 0 && (
            <Box component="li" sx={{ display: "flex", gap: 0.75, alignItems: "center" }}>
              <ReadyIcon aria-hidden sx={{ fontSize: 17, color: "success.main" }} />
              {t("channel.ready")}
            </Box>
          )}
          {missing.map((one, index) => {
            const Icon = ICONS[one.level];
            return (
              <Box component="li" key={index} data-missing={one.level} sx={{ display: "flex", gap: 0.75, alignItems: "center" }}>
                <Icon aria-hidden sx={{ fontSize: 17, color: COLOURS[one.level] }} />
                {textOf(one)}
              </Box>
            );
          })}
        </Box>
      )}
      {publish.isError && <Fault fault={publish.error} />}
      {publication && <PublicationState asset={asset} publication={publication} name={name} />}
    </Box>
  );
}

function Moment({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return <TextField type="datetime-local" label={label} value={value} onChange={(event) => onChange(event.target.value)} sx={{ width: 230 }} slotProps={{ inputLabel: { shrink: true } }} />;
}

function useMissingText(): (missing: Missing) => string {
  const { t } = useTranslation("asset");
  const { t: page, i18n } = useTranslation();
  const format = useFormat();
  const reasonOf = useReason();
  const nameOf = (profile: string) => (i18n.exists(`profile.${profile}`) ? page(`profile.${profile as "hls"}`) : profile);
  return (missing) => {
    switch (missing.code) {
      case "rights":
        return reasonOf({ code: missing.reason, detail: missing.detail });
      case "early":
      case "paused":
        return t(`channel.${missing.code}`, { when: format.moment(missing.at) });
      case "rendition":
      case "renditionFailed":
        return t(`channel.${missing.code}`, { name: nameOf(missing.profile) });
      default:
        return t(`channel.${missing.code}`);
    }
  };
}
