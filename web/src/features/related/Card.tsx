import Box from "@mui/material/Box";
import type { ReactNode } from "react";

import type { AssetSummary } from "~/api/client";
import { PageLink } from "~/components/PageLink";
import { Thumbnail } from "~/components/Thumbnail";

interface Props {
  asset: { asset_id: string; name: string; title: string | null; kind: AssetSummary["kind"]; duration_s: number | null; thumbnail: string | null };
  /** Where to begin there, in seconds. */
  at?: number;
  note?: string;
  children?: ReactNode;
}

export function Cards({ children }: { children: ReactNode }) {
  return (
    <Box component="ul" sx={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(150px, 1fr))", gap: 1.5, listStyle: "none", m: 0, p: 0 }}>
      {children}
    </Box>
  );
}

/** Another asset, in short; a click leads to it. */
export function Card({ asset, at = 0, note, children }: Props) {
  return (
    <Box component="li" sx={{ minWidth: 0 }}>
      <Thumbnail url={asset.thumbnail ?? undefined} kind={asset.kind} duration={asset.duration_s} />
      <Box sx={{ display: "flex", alignItems: "flex-start", gap: 0.5, mt: 0.5 }}>
        <Box sx={{ flex: 1, minWidth: 0, fontSize: "0.8125rem" }}>
          <PageLink to="/assets/$id" params={{ id: asset.asset_id }} search={at > 0 ? { t: at } : {}} sx={{ overflowWrap: "anywhere", fontWeight: 600 }}>
            {asset.title ?? asset.name}
          </PageLink>
          {note !== undefined && <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{note}</Box>}
        </Box>
        {children}
      </Box>
    </Box>
  );
}
