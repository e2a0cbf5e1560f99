import UnlinkIcon from "@mui/icons-material/LinkOff";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Related } from "~/api/client";
import { useThumbnails } from "~/api/useThumbnails";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";
import { clock } from "~/format/timecode";

import { AddLink } from "./AddLink";
import { Card, Cards } from "./Card";
import { LINK_KINDS, useLinking, useMoreLikeThis, useRelated } from "./useRelated";

/** What an asset has to do with others: the same file, nearly the same picture, what people linked, what is about the same. */
export function RelatedPanel({ asset }: { asset: Asset }) {
  const { t } = useTranslation("asset");
  const related = useRelated(asset.id);
  const like = useMoreLikeThis(asset.id);
  const likeIds = like.data?.hits.map((hit) => hit.asset_id) ?? [];
  const thumbnails = useThumbnails([likeIds]);
  const may = asset.actions.includes("edit");
  if (related.isPending) return <Loading />;
  if (related.isError) return <Fault fault={related.error} retry={() => void related.refetch()} />;
  const { same_bytes: same, near_duplicates: near, links } = related.data;
  const none = same === null && near.length === 0 && links.length === 0 && likeIds.length === 0 && !like.isPending;
  return (
    <Box sx={{ display: "grid", gap: 2.5 }}>
      {may && <AddLink id={asset.id} />}
      {none && <Nothing title={t("related.none")}>{t("related.noneWhy")}</Nothing>}
      {same !== null && (
        <Group name={t("related.same")}>
          <Card asset={{ ...same, thumbnail: same.thumbnail_url }} />
        </Group>
      )}
      {near.length > 0 && (
        <Group name={t("related.near")}>
          {near.map((one) => (
            <Card
              key={one.asset_id}
              asset={{ ...one, thumbnail: one.thumbnail_url }}
              at={one.start_ms / 1000}
              note={`${one.bits === 0 && one.shots <= 1 ? t("related.identical") : t("related.alike", { count: one.shots })}${asset.kind === "image" ? "" : ` · ${t("related.nearAt", { own: clock(one.own_start_ms / 1000), other: clock(one.start_ms / 1000) })}`}`}
            />
          ))}
        </Group>
      )}
      <Links asset={asset} links={links} may={may} />
      {like.isError && <Fault fault={like.error} retry={() => void like.refetch()} />}
      {likeIds.length > 0 && (
        <Group name={t("related.like")}>
          {like.data?.hits.map((hit) => (
            <Card key={hit.asset_id} asset={{ ...hit, thumbnail: thumbnails.get(hit.asset_id) ?? null }} />
          ))}
        </Group>
      )}
    </Box>
  );
}

function Links({ asset, links, may }: { asset: Asset; links: Related["links"]; may: boolean }) {
  const { t } = useTranslation("asset");
  const { unlink } = useLinking(asset.id);
  return (
    <>
      {unlink.isError && <Fault fault={unlink.error} />}
      {LINK_KINDS.flatMap((kind) =>
        ([true, false] as const).map((outgoing) => {
          const found = links.filter(({ link }) => link.kind === kind && link.outgoing === outgoing);
          return (
            found.length > 0 && (
              <Group key={`${kind}${outgoing}`} name={outgoing ? t(`related.out.${kind}`) : t(`related.in.${kind}`)}>
                {found.map((one) => (
                  <Card key={one.asset_id} asset={{ ...one, thumbnail: one.thumbnail_url }}>
                    {may && (
                      <IconButton
                        aria-label={t("related.unlink", { name: one.title ?? one.name })}
                        disabled={unlink.isPending}
                        onClick={() => unlink.mutate(outgoing ? { from: asset.id, kind, to: one.asset_id } : { from: one.asset_id, kind, to: asset.id })}
                      >
                        <UnlinkIcon fontSize="small" />
                      </IconButton>
                    )}
                  </Card>
                ))}
              </Group>
            )
          );
        }),
      )}
    </>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Box component="section" aria-label={name}>
      <Typography variant="h3" component="h2" sx={{ mb: 1 }}>
        {name}
      </Typography>
      <Cards>{children}</Cards>
    </Box>
  );
}
