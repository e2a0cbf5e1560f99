import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { useProjectName } from "~/api/useProjects";
import { useThumbnails } from "~/api/useThumbnails";
import { Fault } from "~/components/Fault";
import { Nothing } from "~/components/Nothing";

import type { Answer, Hit, SegmentHit } from "../api/answers";
import type { useAssetSearch, useSegmentSearch } from "../api/useSearch";
import { rememberQuery } from "../api/remember";
import { filterCount, withoutFilters, type SearchParams, type View } from "../searchParams";
import type { Chosen } from "../selection";
import { useDragged } from "../useDragged";
import type { useSelection } from "../useSelection";
import { CARD_FOUND_PX, CARD_TEXT_PX, HitCard, HitRow } from "./HitCard";
import { SegmentRow } from "./SegmentRow";
import { VirtualRows } from "./VirtualRows";

const CARD_PX = 216;

interface Props {
  params: SearchParams;
  onChange: (params: SearchParams) => void;
  assets: ReturnType<typeof useAssetSearch>;
  segments: ReturnType<typeof useSegmentSearch>;
  selecting: ReturnType<typeof useSelection>;
  /** Where results can be let go, while they are dragged. */
  shelf: (dragged: ReadonlyMap<string, Chosen>) => ReactNode;
}

/** Hits as grid, as list or as passages; and every other state that a search can be in. */
export function Results({ params, onChange, assets, segments, selecting, shelf }: Props) {
  const { t } = useTranslation();
  const project = useProjectName();
  const view = viewOf(params);
  const query = params.q ?? "";
  const search = view === "said" ? segments : assets;
  const pages = search.data?.pages as Answer<Hit | SegmentHit>[] | undefined;
  const items = useMemo(() => pages?.flatMap((page) => page.hits) ?? [], [pages]);
  const { selection, select } = selecting;
  const { offer } = selecting;
  useEffect(() => offer(view === "said" ? [] : items), [offer, view, items]); // a passage is no asset
  const { dragged, onDragStart, onDragEnd } = useDragged(selection, items);
  const thumbnails = useThumbnails(
    useMemo(() => pages?.map((page) => [...new Set(page.hits.map((hit) => hit.asset_id))].sort()) ?? [], [pages]),
  );
  const { hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage } = search;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage]);

  if (view === "said" && !query) return <Nothing title={t("search.said.type")}>{t("search.said.how")}</Nothing>;
  if (search.isPending) return <Waiting />;
  if (search.isError && !pages) {
    return (
      <Box sx={{ p: 2 }}>
        <Fault fault={search.error} retry={() => void search.refetch()} />
      </Box>
    );
  }
  const [first] = pages ?? [];
  // the words that these hits are of: while the next answer is on its way nothing has to be drawn anew
  const found = first?.asked ?? query;
  return (
    <Box sx={{ display: "flex", flexDirection: "column", height: "100%", minHeight: 0 }}>
      {first && <Remarks answer={first} />}
      {items.length === 0 ? (
        <Empty params={params} onChange={onChange} />
      ) : (
        <Box
          sx={{ flex: 1, minHeight: 0, opacity: isPlaceholderData ? 0.6 : 1 }}
          onKeyDown={selecting.onKeyDown}
          onClickCapture={selecting.onClickCapture}
          onDragStart={onDragStart}
          onDragEnd={onDragEnd}
          onClick={(event) => {
            if (query && (event.target as HTMLElement).closest("a[href*='/assets/']")) void rememberQuery(query);
          }}
        >
          <VirtualRows
            key={view}
            label={t("search.results.label")}
            items={items}
            keyOf={(hit) => ("number" in hit ? `${hit.asset_id}:${hit.number}` : hit.asset_id)}
            minWidth={view === "grid" ? CARD_PX : 0}
            gap={view === "grid" ? 16 : 2}
            estimate={(width) => (view === "grid" ? (width * 9) / 16 + CARD_TEXT_PX + (found ? CARD_FOUND_PX : 0) : 92)}
            onEnd={onEnd}
            onExtend={selecting.extendTo}
            draw={(hit, index, tabIndex) => {
              const common = { thumbnail: thumbnails.get(hit.asset_id), query: found, project: project(hit.project_id), index, tabIndex };
              if ("number" in hit) return <SegmentRow hit={hit} {...common} />;
              const chosen = { selected: selection.chosen.has(hit.asset_id), selecting: selection.chosen.size > 0, onSelect: select };
              return view === "grid" ? <HitCard hit={hit} {...common} {...chosen} /> : <HitRow hit={hit} {...common} {...chosen} />;
            }}
            footer={
              search.isFetchNextPageError ? (
                <Fault fault={search.error} retry={() => void fetchNextPage()} />
              ) : (
                <Box sx={{ height: 24 }} role="status">
                  {isFetchingNextPage && <Typography variant="caption">{t("search.results.more")}</Typography>}
                </Box>
              )
            }
          />
        </Box>
      )}
      {dragged && shelf(dragged)}
    </Box>
  );
}

/** How results are looked at; what is like an asset are assets, and no passages. */
export const viewOf = (params: SearchParams): View => (params.view === "said" && params.like ? "list" : (params.view ?? "grid"));

/** What the person should know about this answer. */
function Remarks({ answer }: { answer: Answer<unknown> }) {
  const { t } = useTranslation();
  const remarks = [
    answer.index === "empty" && t("search.remark.index"),
    answer.index !== "empty" && answer.partial && t("search.remark.partial"),
    answer.typos && answer.total > 0 && t("search.remark.typos"),
    answer.ignored.length > 0 && t("search.remark.ignored", { words: answer.ignored.join(" ") }),
  ].filter((remark) => remark !== false);
  return remarks.map((remark) => (
    <Alert key={remark} severity="info" variant="outlined" sx={{ mx: 2, mb: 1, py: 0 }}>
      {remark}
    </Alert>
  ));
}

function Empty({ params, onChange }: Pick<Props, "params" | "onChange">) {
  const { t } = useTranslation();
  const filters = filterCount(params);
  if (params.like) return <Nothing title={t("search.empty.like")} />;
  if (params.collection && !params.q && filters === 0) return <Nothing title={t("search.empty.collection")}>{t("search.empty.fill")}</Nothing>;
  if (!params.q && filters === 0) return <Start />;
  return (
    <Nothing title={params.q ? t("search.empty.words", { query: params.q }) : t("search.empty.filters")}>
      <Typography variant="body2">{t("search.empty.try")}</Typography>
      {filters > 0 && (
        <Button variant="outlined" onClick={() => onChange(withoutFilters(params))}>
          {t("search.facets.clear", { count: filters })}
        </Button>
      )}
    </Nothing>
  );
}

/** An archive without anything in it: how it is filled. */
function Start() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <Nothing title={t("search.empty.nothing")}>
      {t("search.empty.upload")}
      {me.data?.actions.includes("upload") && (
        <Button variant="contained" component={Link} to="/upload">
          {t("upload.start")}
        </Button>
      )}
    </Nothing>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <Box role="status" aria-label={t("loading")} sx={{ display: "grid", gap: 2, px: 2, gridTemplateColumns: `repeat(auto-fill, minmax(${CARD_PX}px, 1fr))` }}>
      {Array.from({ length: 12 }, (_, index) => (
        <Box key={index}>
          <Skeleton variant="rounded" sx={{ aspectRatio: "16 / 9", height: "auto" }} />
          <Skeleton width="80%" />
          <Skeleton width="50%" />
        </Box>
      ))}
    </Box>
  );
}
