import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import type { Asset, Publication } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";

import { ChannelCard } from "./ChannelCard";
import { PublicationState } from "./PublicationState";
import { standingVersion } from "./outlets";
import { useOutlets, usePublications } from "./usePublications";

/** Every channel of the project: what it lacks, where the asset stands there, and the way on to it and off it again. */
export function Publications({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation("asset");
  const publications = usePublications(asset.id);
  const outlets = useOutlets(asset.id, standingVersion(asset));
  if (publications.isPending || outlets.isPending) return <Loading />;
  if (!publications.data || !outlets.data) {
    return <Fault fault={publications.error ?? outlets.error} retry={() => void Promise.all([publications.refetch(), outlets.refetch()])} />;
  }
  const { items } = publications.data;
  const latest = latestOf(items);
  const known = new Set(outlets.data.items.map(({ channel }) => channel.id));
  const shown = outlets.data.items.filter(({ channel }) => channel.enabled || latest.has(channel.id));
  const elsewhere = [...latest.values()].filter(({ channel_id: id }) => !known.has(id));
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      {shown.length === 0 && <Box sx={{ color: "text.secondary" }}>{t("publish.noChannel")}</Box>}
      <Box component="ul" aria-label={own("channel.label")} sx={{ display: "grid", gap: 1.5, listStyle: "none", m: 0, p: 0 }}>
        {shown.map((outlet) => (
          <li key={outlet.channel.id}>
            <ChannelCard asset={asset} outlet={outlet} publication={latest.get(outlet.channel.id)} />
          </li>
        ))}
        {elsewhere.map((publication) => (
          <Box key={publication.id} component="li" sx={{ p: 1.5, border: 1, borderColor: "divider", borderRadius: 1 }}>
            <b>{publication.channel_id}</b>
            <PublicationState asset={asset} publication={publication} name={publication.channel_id} />
          </Box>
        ))}
      </Box>
    </Box>
  );
}

/** The list is newest first; a channel has one publication of an asset that counts. */
function latestOf(publications: readonly Publication[]): Map<string, Publication> {
  const latest = new Map<string, Publication>();
  for (const publication of publications) if (!latest.has(publication.channel_id)) latest.set(publication.channel_id, publication);
  return latest;
}
