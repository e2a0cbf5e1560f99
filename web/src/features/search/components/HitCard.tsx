import Box from "@mui/material/Box";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import { Marked } from "~/components/Marked";
import { PageLink } from "~/components/PageLink";
import { Status } from "~/components/Status";
import { clock } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";

import type { Hit } from "../api/answers";
import { Flags } from "./Flags";
import { HitTools } from "./HitTools";
import { HitThumbnail } from "./HitThumbnail";
import styles from "./hit.module.css";

const oneLine = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } as const;
const focusable = {
  display: "block",
  color: "inherit",
  textDecoration: "none",
  borderRadius: 1,
  "&:focus-visible": { outlineOffset: 2 },
} as const;

interface Props {
  hit: Hit;
  thumbnail: string | undefined;
  query: string;
  project: string;
  /** Its place among the results, and whether Tab reaches it. */
  index: number;
  tabIndex: 0 | -1;
  selected: boolean;
  /** Something is selected: choosing more is what comes next. */
  selecting: boolean;
  onSelect: (index: number, range: boolean) => void;
}

/** Where a hit leads: to the second of its first passage, when it was found by what is said. */
const targetOf = (hit: Hit, query: string, at?: number) => ({
  to: "/assets/$id" as const,
  params: { id: hit.asset_id },
  search: { ...(query && { q: query }), ...(at !== undefined && { t: at }) },
});

/** A hit in the grid. Its height never depends on what is in it. */
export const HitCard = memo(function HitCard({ hit, thumbnail, query, project, index, tabIndex, selected, selecting, onSelect }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [passage] = hit.passages;
  const found = passage?.text ?? Object.entries(hit.highlights).find(([field]) => field !== "title" && field !== "name")?.[1];
  return (
    <div className={styles.card}>
      <Link className={styles.link} {...targetOf(hit, query, passage?.at_s)} tabIndex={tabIndex} data-result={index}>
        <HitThumbnail id={hit.asset_id} url={thumbnail} kind={hit.kind} duration={hit.duration_s} />
        {selected && <div className={styles.chosen} />}
        <div className={styles.title}>{hit.highlights.title ? <Marked pieces={hit.highlights.title} /> : hit.title}</div>
        <div className={styles.about}>
          {hit.kind && <span>{t(`kind.${hit.kind}`)} · </span>}
          {project} · {format.day(hit.created_at)}
          {hit.status !== "ready" && <span> · {t(`status.${hit.status}`)}</span>}
        </div>
        {query && (
          <div className={styles.found}>
            {passage && <Second at={passage.at_s} />}
            {found && <Marked pieces={found} />}
          </div>
        )}
      </Link>
      <Flags flags={hit.rights_flags} over />
      <HitTools hit={hit} index={index} tabIndex={tabIndex} selected={selected} selecting={selecting} onSelect={onSelect} />
    </div>
  );
});

export const CARD_TEXT_PX = 6 + 20 + 18;
export const CARD_FOUND_PX = 38;

/** A hit in the list, with what it was found by. */
export const HitRow = memo(function HitRow({ hit, thumbnail, query, project, index, tabIndex, selected, selecting, onSelect }: Props) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const others = Object.entries(hit.highlights).filter(([field]) => field !== "title" && field !== "name");
  return (
    <Box sx={{ display: "flex", gap: 1.5, p: 0.75, mx: -0.75, borderRadius: 1, bgcolor: selected ? "action.selected" : undefined, "&:hover": { bgcolor: "action.hover" } }}>
      <Box sx={{ position: "relative", alignSelf: "start", width: { xs: 96, sm: 128 }, flexShrink: 0 }}>
        <HitThumbnail id={hit.asset_id} url={thumbnail} kind={hit.kind} duration={hit.duration_s} />
        {selected && <div className={styles.chosen} />}
        <HitTools hit={hit} index={index} tabIndex={tabIndex} selected={selected} selecting={selecting} onSelect={onSelect} />
      </Box>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
          <PageLink
            underline="none"
            {...targetOf(hit, query)}
            tabIndex={tabIndex} data-result={index}
            sx={{ ...focusable, ...oneLine, fontWeight: 600, fontSize: "0.875rem", "&:hover": { textDecoration: "underline" } }}
          >
            {hit.highlights.title ? <Marked pieces={hit.highlights.title} /> : hit.title}
          </PageLink>
          {hit.status !== "ready" && <Status status={hit.status} />}
          <Flags flags={hit.rights_flags} />
        </Box>
        <Box sx={{ ...oneLine, fontSize: "0.75rem", color: "text.secondary" }}>
          {hit.kind && t(`kind.${hit.kind}`)} · {project} · {format.day(hit.created_at)}
          {hit.title !== hit.name && ` · ${hit.name}`}
          {hit.language && ` · ${format.language(hit.language)}`}
        </Box>
        {others.slice(0, 2).map(([field, pieces]) => (
          <Box key={field} sx={{ fontSize: "0.8125rem", mt: 0.25 }}>
            <Box component="span" sx={{ color: "text.secondary" }}>
              {i18n.exists(`field.${field}`) ? t(`field.${field as "title"}`) : field}:{" "}
            </Box>
            <Marked pieces={pieces} />
          </Box>
        ))}
        {hit.passages.map((passage) => (
          <PageLink
            key={passage.number}
            underline="none"
            {...targetOf(hit, query, passage.at_s)}
            sx={{ ...focusable, fontSize: "0.8125rem", mt: 0.25, "&:hover": { textDecoration: "underline" } }}
          >
            <Second at={passage.at_s} />
            <Marked pieces={passage.text} />
          </PageLink>
        ))}
      </Box>
    </Box>
  );
});

/** The second of a passage. */
export const Second = ({ at }: { at: number }) => <span className={styles.second}>{clock(at)}</span>;
