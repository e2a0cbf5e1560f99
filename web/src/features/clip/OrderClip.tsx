import OrderIcon from "@mui/icons-material/ContentCut";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import NativeSelect from "@mui/material/NativeSelect";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { fetchDownload } from "~/api/downloads";
import { Fault } from "~/components/Fault";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

import { CLIP_PROFILES, useOrder, type ClipProfile } from "./useOrder";

interface Props {
  asset: Asset;
  start: number;
  end: number;
}

/** The marked range as a file: ordered, followed, taken home. */
export function OrderClip({ asset, start, end }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [profile, setProfile] = useState<ClipProfile>("web");
  const order = useOrder(asset.id);
  const job = asset.jobs.find((known) => known.id === order.data?.job.id) ?? order.data?.job;
  const rendition = order.data?.rendition;
  const ready = rendition !== undefined && asset.renditions.some((known) => known.profile === rendition && known.status === "ready");
  return (
    <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 0.75 }}>
      <NativeSelect disableUnderline value={profile} onChange={(event) => setProfile(CLIP_PROFILES.find((known) => known === event.target.value) ?? "web")} inputProps={{ "aria-label": t("clip.quality") }} sx={{ fontSize: "0.8125rem" }}>
        {CLIP_PROFILES.map((name) => (
          <option key={name} value={name}>
            {t(`clip.profile.${name}`)}
          </option>
        ))}
      </NativeSelect>
      <Button startIcon={<OrderIcon />} disabled={order.isPending} onClick={() => order.mutate({ profile, start, end })}>
        {t("clip.order")}
      </Button>
      {order.isError && <Fault fault={order.error} />}
      {job && !ready && (
        <Box component="span" role="status" sx={{ color: job.state === "failed" ? "error.main" : "text.secondary" }}>
          {t(`job.state.${job.state}`)}
          {job.state === "running" && ` · ${format.share(job.progress)}`}
          {job.reason && (
            <>
              {" · "}
              <Why line groups="file" code={job.reason_code} text={job.reason} />
            </>
          )}
        </Box>
      )}
      {ready && (
        <Button variant="contained" onClick={() => void fetchDownload(asset.id, rendition).then(({ url }) => window.location.assign(url))}>
          {t("clip.download")}
        </Button>
      )}
    </Box>
  );
}
