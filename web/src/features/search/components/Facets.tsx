import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjectName } from "~/api/useProjects";
import { useFormat } from "~/format/useFormat";

import type { Bucket } from "../api/answers";
import { FILTERS, filterCount, toggleFilter, withoutFilters, type FilterName, type SearchParams } from "../searchParams";
import styles from "./facets.module.css";

const SHORT = 6;

interface Props {
  params: SearchParams;
  facets: Record<string, Bucket[]> | undefined;
  onChange: (params: SearchParams) => void;
}

/** What the results are made of, with counts; a tick narrows them down. */
export function Facets({ params, facets, onChange }: Props) {
  const { t } = useTranslation();
  const label = useValueLabel();
  const count = filterCount(params);
  return (
    <Box component="nav" aria-label={t("search.facets.label")} sx={{ display: "grid", gap: 1.5, alignContent: "start" }}>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", minHeight: 30 }}>
        <Box component="h2" sx={{ m: 0, fontSize: "0.8125rem", fontWeight: 650 }}>
          {t("search.facets.label")}
        </Box>
        {count > 0 && <Button onClick={() => onChange(withoutFilters(params))}>{t("search.facets.clear", { count })}</Button>}
      </Box>
      {facets && count === 0 && Object.values(facets).every((buckets) => buckets.length === 0) && (
        <Box sx={{ fontSize: "0.8125rem", color: "text.secondary" }}>{t("search.facets.none")}</Box>
      )}
      {FILTERS.map((name) => (
        <Facet
          key={name}
          title={t(`search.facets.${name}`)}
          buckets={withChosen(facets?.[name] ?? [], params[name] ?? [])}
          chosen={params[name] ?? []}
          label={(value) => label(name, value)}
          onToggle={(value) => onChange(toggleFilter(params, name, value))}
        />
      ))}
      <Facet
        title={t("search.facets.month")}
        buckets={withChosen(facets?.month ?? [], params.date ? [params.date] : [])}
        chosen={params.date ? [params.date] : []}
        label={(value) => label("month", value)}
        onToggle={(value) => {
          const { date, ...rest } = params;
          onChange(date === value ? rest : { ...rest, date: value });
        }}
      />
    </Box>
  );
}

/** What is ticked stays where it can be unticked, also when nothing is left of it. */
function withChosen(buckets: Bucket[], chosen: readonly string[]): Bucket[] {
  const missing = chosen.filter((value) => !buckets.some((bucket) => bucket.value === value));
  return [...buckets, ...missing.map((value) => ({ value, count: 0 }))];
}

/** A facet's value in the person's words. */
export function useValueLabel(): (name: FilterName | "month", value: string) => string {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const project = useProjectName();
  return (name, value) => {
    if (name === "project") return project(value);
    if (name === "language") return format.language(value);
    if (name === "month") return format.month(value);
    if (name === "type" && i18n.exists(`kind.${value}`)) return t(`kind.${value as "video"}`);
    if (name === "rights" && i18n.exists(`search.rights.${value}`)) return t(`search.rights.${value as "rights-hold"}`);
    if (name === "status" && i18n.exists(`status.${value}`)) return t(`status.${value as "ready"}`);
    return value;
  };
}

interface FacetProps {
  title: string;
  buckets: Bucket[];
  chosen: readonly string[];
  label: (value: string) => string;
  onToggle: (value: string) => void;
}

function Facet({ title, buckets, chosen, label, onToggle }: FacetProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [all, setAll] = useState(false);
  if (buckets.length === 0) return null;
  const shown = all ? buckets : buckets.filter((bucket, index) => index < SHORT || chosen.includes(bucket.value));
  return (
    <fieldset className={styles.facet}>
      <legend>{title}</legend>
      {shown.map(({ value, count }) => (
        <label key={value} className={styles.value}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} />
          <span className={styles.name}>{label(value)}</span>
          <span className={styles.count}>{format.count(count)}</span>
        </label>
      ))}
      {(buckets.length > shown.length || all) && buckets.length > SHORT && (
        <Button size="small" onClick={() => setAll(!all)} sx={{ px: 0.5 }}>
          {all ? t("search.facets.fewer") : t("search.facets.more", { count: buckets.length - shown.length })}
        </Button>
      )}
    </fieldset>
  );
}
