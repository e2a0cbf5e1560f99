import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Outlet, Publication } from "~/api/client";
import { Fault } from "~/components/Fault";

import { isUntitled } from "./outlets";
import { PublicationState } from "./PublicationState";
import { Standing } from "./Standing";
import { usePublishing } from "./usePublications";

interface Props {
  asset: Asset;
  outlet: Outlet;
  publication: Publication | undefined;
}

/** One channel: what is missing for it, how the asset stands there, and a button. */
export function ChannelCard({ asset, outlet, publication }: Props) {
  const { t } = useTranslation("asset");
  const { t: page } = useTranslation();
  const { publish } = usePublishing(asset.id);
  const [planning, setPlanning] = useState(false);
  const [at, setAt] = useState("");
  const [until, setUntil] = useState("");
  const { channel } = outlet;
  const possible = outlet.possible !== "no";
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
            <Button onClick={() => setPlanning(!planning)} aria-expanded={planning} aria-label={`${t("channel.when")}: ${name}`} disabled={!possible}>
              {t("channel.when")}
            </Button>
            <Button variant="contained" disabled={publish.isPending || !possible} aria-label={at ? t("channel.orderAt", { name }) : publication ? `${t("channel.again")}: ${name}` : t("channel.order", { name })} onClick={order}>
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
      {!there && <Standing outlet={outlet} untitled={isUntitled(asset)} />}
      {publish.isError && <Fault fault={publish.error} />}
      {publication && <PublicationState asset={asset} publication={publication} name={name} />}
    </Box>
  );
}

function Moment({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return <TextField type="datetime-local" label={label} value={value} onChange={(event) => onChange(event.target.value)} sx={{ width: 230 }} slotProps={{ inputLabel: { shrink: true } }} />;
}
