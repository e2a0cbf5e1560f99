import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { useThumbnails } from "~/api/useThumbnails";
import { Fault } from "~/components/Fault";
import { PageLink } from "~/components/PageLink";
import { Thumbnail } from "~/components/Thumbnail";
import { useFormat } from "~/format/useFormat";

import { useMatches } from "../api/useSaved";

/** What arrived that one's saved searches match. */
export function News({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation(["library", "page"]);
  const format = useFormat();
  const matches = useMatches();
  const pages = matches.data?.pages.map((page) => page.items) ?? [];
  const thumbnails = useThumbnails(pages.map((items) => [...new Set(items.map((item) => item.asset_id))].sort()));
  if (matches.isError) return <Fault fault={matches.error} retry={() => void matches.refetch()} />;
  const items = pages.flat();
  if (matches.data && items.length === 0) return <Typography sx={{ color: "text.secondary" }}>{t("saved.noNews")}</Typography>;
  return (
    <>
      <Box component="ul" sx={{ m: 0, p: 0, listStyle: "none", display: "grid", gap: 0.5 }}>
        {items.map((match) => (
          <Box component="li" key={`${match.search_id}:${match.asset_id}`} sx={{ display: "flex", alignItems: "center", gap: 1.5 }}>
            <Box sx={{ width: 72, flexShrink: 0 }}>
              <Thumbnail url={thumbnails.get(match.asset_id)} kind={null} />
            </Box>
            <Box sx={{ flex: 1, minWidth: 0, fontSize: "0.8125rem" }}>
              {match.name}
              <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{format.moment(match.at)}</Box>
            </Box>
            <PageLink to="/assets/$id" params={{ id: match.asset_id }} onClick={onLeave} sx={{ fontSize: "0.8125rem" }}>
              {t("saved.see")}
            </PageLink>
          </Box>
        ))}
      </Box>
      {matches.hasNextPage && (
        <Button disabled={matches.isFetchingNextPage} onClick={() => void matches.fetchNextPage()}>
          {t("page:more")}
        </Button>
      )}
    </>
  );
}
