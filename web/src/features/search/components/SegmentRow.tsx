import Box from "@mui/material/Box";
import { memo } from "react";

import { Marked } from "~/components/Marked";
import { PageLink } from "~/components/PageLink";
import { useFormat } from "~/format/useFormat";

import type { SegmentHit } from "../api/answers";
import { Flags } from "./Flags";
import { Second } from "./HitCard";
import { HitThumbnail } from "./HitThumbnail";

interface Props {
  hit: SegmentHit;
  thumbnail: string | undefined;
  query: string;
  project: string;
  index: number;
  tabIndex: 0 | -1;
}

/** A passage that was said, between what was said before and after it; it plays from its second. */
export const SegmentRow = memo(function SegmentRow({ hit, thumbnail, query, project, index, tabIndex }: Props) {
  const format = useFormat();
  return (
    <PageLink
      underline="none"
      to="/assets/$id"
      params={{ id: hit.asset_id }}
      search={{ t: hit.at_s, ...(query && { q: query }) }}
      tabIndex={tabIndex}
      data-result={index}
      sx={{ display: "flex", gap: 1.5, p: 0.75, mx: -0.75, borderRadius: 1, color: "inherit", textDecoration: "none", "&:hover": { bgcolor: "action.hover" } }}
    >
      <Box sx={{ width: { xs: 96, sm: 128 }, flexShrink: 0 }}>
        <HitThumbnail id={hit.asset_id} url={thumbnail} kind={hit.kind} duration={hit.duration_s} />
      </Box>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ fontSize: "0.9375rem", lineHeight: 1.45 }}>
          <Second at={hit.at_s} />
          <Box component="span" sx={{ color: "text.secondary" }}>
            {hit.previous?.text}{" "}
          </Box>
          <Marked pieces={hit.text} />
          <Box component="span" sx={{ color: "text.secondary" }}>
            {" "}
            {hit.next?.text}
          </Box>
        </Box>
        <Box sx={{ mt: 0.25, fontSize: "0.75rem", color: "text.secondary", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {hit.title} · {project} · {format.day(hit.created_at)}
          {hit.speaker && ` · ${hit.speaker}`}
        </Box>
        <Flags flags={hit.rights_flags} />
      </Box>
    </PageLink>
  );
});
