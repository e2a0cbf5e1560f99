import CloseIcon from "@mui/icons-material/Close";
import SavedIcon from "@mui/icons-material/BookmarkBorder";
import FilterIcon from "@mui/icons-material/Tune";
import GridIcon from "@mui/icons-material/GridView";
import ListIcon from "@mui/icons-material/ViewList";
import SaidIcon from "@mui/icons-material/RecordVoiceOver";
import Badge from "@mui/material/Badge";
import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import IconButton from "@mui/material/IconButton";
import NativeSelect from "@mui/material/NativeSelect";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "~/format/useFormat";

import { useAssetSearch, useFacets, useSegmentSearch } from "../api/useSearch";
import { asked, FILTERS, filterCount, isSearched, scopeOf, SORTS, toggleFilter, VIEWS, type SearchParams, type Sort, type View } from "../searchParams";
import type { Selection } from "../selection";
import { useSelection } from "../useSelection";
import { Facets, useValueLabel } from "./Facets";
import { Results, viewOf } from "./Results";

const FacetDrawer = lazy(() => import("./FacetDrawer").then((module) => ({ default: module.FacetDrawer })));
const SavedSearches = lazy(() => import("./SavedSearches").then((module) => ({ default: module.SavedSearches })));
const ScopeName = lazy(() => import("./ScopeName").then((module) => ({ default: module.ScopeName })));
const VIEW_ICONS = { grid: GridIcon, list: ListIcon, said: SaidIcon } as const;

interface Props {
  params: SearchParams;
  onChange: (params: SearchParams) => void;
}

interface ViewProps extends Props {
  /** What can be done with what is selected. */
  actions: (selection: Selection, clear: () => void) => ReactNode;
  /** Where results can be let go, while they are dragged. */
  shelf: (dragged: Selection["chosen"]) => ReactNode;
}

/** The page that everything starts from: facets, results, how they are looked at. */
export function SearchView({ params, onChange, actions, shelf }: ViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [drawer, setDrawer] = useState(false);
  const [saving, setSaving] = useState(false);
  const view = viewOf(params);
  const scope = scopeOf(params);
  const selecting = useSelection(asked(params));
  // counts are of assets: they are asked for in every view
  const assets = useAssetSearch(params, true);
  const segments = useSegmentSearch(params, view === "said");
  const shown = view === "said" ? segments : assets;
  const [first] = shown.data?.pages ?? [];
  const counts = useFacets(params, assets.isSuccess && !assets.isPlaceholderData);
  const facets = <Facets params={params} facets={counts} onChange={onChange} />;
  const chosen = filterCount(params);

  return (
    <Box sx={{ display: "flex", height: "100%", minHeight: 0 }}>
      <Box sx={{ position: "relative", display: { xs: "none", md: "block" }, width: 232, flexShrink: 0, overflowY: "auto", p: 2, pt: 1, borderRight: 1, borderColor: "divider" }}>{facets}</Box>
      {drawer && (
        <Suspense fallback={null}>
          <FacetDrawer open onClose={() => setDrawer(false)} label={t("search.facets.label")}>
            {facets}
          </FacetDrawer>
        </Suspense>
      )}
      {saving && (
        <Suspense fallback={null}>
          <SavedSearches params={params} onOpen={onChange} onClose={() => setSaving(false)} />
        </Suspense>
      )}
      <Box sx={{ display: "flex", flexDirection: "column", flex: 1, minWidth: 0 }}>
        <Box sx={{ display: "flex", alignItems: "center", gap: { xs: 0.5, sm: 1 }, px: { xs: 1, sm: 2 }, minHeight: 48, flexWrap: "wrap", py: 0.5 }}>
          <IconButton aria-label={t("search.facets.label")} aria-haspopup="dialog" onClick={() => setDrawer(true)} sx={{ display: { md: "none" } }}>
            <Badge variant="dot" color="primary" invisible={chosen === 0}>
              <FilterIcon fontSize="small" />
            </Badge>
          </IconButton>
          <Box component="h1" sx={{ m: 0, minWidth: 0, fontSize: "0.875rem", fontWeight: 650, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
            {scope && (
              <Suspense fallback={null}>
                <ScopeName scope={scope} /> ·{" "}
              </Suspense>
            )}
            <span role="status">{first ? t("search.results.count", { count: first.total, total: format.count(first.total) }) : t("search.results.label")}</span>
          </Box>
          {scope && (
            <IconButton aria-label={t("search.scope.leave")} title={t("search.scope.leave")} onClick={() => onChange(withoutScope(params))}>
              <CloseIcon fontSize="small" />
            </IconButton>
          )}
          {first && isSearched(params) && (
            <Box component="span" sx={{ fontSize: "0.75rem", color: "text.secondary", whiteSpace: "nowrap", display: { xs: "none", sm: "inline" } }}>
              {t("search.results.took", { ms: format.count(Math.round(first.took_ms)) })}
            </Box>
          )}
          <Chosen params={params} onChange={onChange} />
          <Box sx={{ flex: 1 }} />
          <IconButton aria-label={t("search.saved")} title={t("search.saved")} aria-haspopup="dialog" onClick={() => setSaving(true)}>
            <SavedIcon fontSize="small" />
          </IconButton>
          {isSearched(params) && <NativeSelect
            value={params.sort ?? "relevance"}
            onChange={(event) => onChange(withSort(params, event.target.value as Sort))}
            inputProps={{ "aria-label": t("search.sort.label") }}
            disableUnderline
            sx={{ fontSize: "0.8125rem", maxWidth: { xs: 104, sm: "none" } }}
          >
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {t(`search.sort.${sort}`)}
              </option>
            ))}
          </NativeSelect>}
          <ToggleButtonGroup
            exclusive
            size="small"
            value={view}
            aria-label={t("search.view.label")}
            onChange={(_, chosenView: View | null) => chosenView && onChange(withView(params, chosenView))}
          >
            {VIEWS.filter((name) => !params.like || name !== "said").map((name) => {
              const Icon = VIEW_ICONS[name];
              return (
                <ToggleButton key={name} value={name} aria-label={t(`search.view.${name}`)} title={t(`search.view.${name}`)} sx={{ py: 0.4, px: 0.75 }}>
                  <Icon sx={{ fontSize: 18 }} />
                </ToggleButton>
              );
            })}
          </ToggleButtonGroup>
        </Box>
        <Box sx={{ flex: 1, minHeight: 0 }}>
          <Results params={params} onChange={onChange} assets={assets} segments={segments} selecting={selecting} shelf={shelf} />
        </Box>
        {selecting.selection.chosen.size > 0 && actions(selecting.selection, selecting.clear)}
      </Box>
    </Box>
  );
}

const withoutScope = ({ collection, like, ...rest }: SearchParams): SearchParams => rest;
const withSort = ({ sort: old, ...rest }: SearchParams, sort: Sort): SearchParams => (sort === "relevance" ? rest : { ...rest, sort });
const withView = ({ view: old, ...rest }: SearchParams, view: View): SearchParams => (view === "grid" ? rest : { ...rest, view });

/** What narrows the results down, each with a way out. */
function Chosen({ params, onChange }: Props) {
  const { t } = useTranslation();
  const label = useValueLabel();
  const chips = FILTERS.flatMap((name) => (params[name] ?? []).map((value) => ({ name, value })));
  return (
    <Box sx={{ display: "flex", gap: 0.5, flexWrap: "wrap" }}>
      {chips.map(({ name, value }) => (
        <Chip
          key={`${name}:${value}`}
          label={label(name, value)}
          onDelete={() => onChange(toggleFilter(params, name, value))}
          aria-label={t("search.facets.remove", { value: label(name, value) })}
        />
      ))}
      {params.date && (
        <Chip
          label={label("month", params.date)}
          onDelete={() => {
            const { date: old, ...rest } = params;
            onChange(rest);
          }}
          aria-label={t("search.facets.remove", { value: label("month", params.date) })}
        />
      )}
    </Box>
  );
}
