import { useTranslation } from "react-i18next";

import { formatBytes } from "./sizes";

/** Dates, numbers and sizes in the page's language. */
export function useFormat() {
  const { i18n } = useTranslation();
  return formatIn(i18n.language);
}

const made = new Map<string, ReturnType<typeof makeFormat>>();

/** One for each language: making the six of them takes as long as drawing a hit does. */
function formatIn(language: string) {
  const known = made.get(language) ?? makeFormat(language);
  made.set(language, known);
  return known;
}

function makeFormat(language: string) {
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const count = new Intl.NumberFormat(language);
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const month = new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" });
  const names = new Intl.DisplayNames(language, { type: "language" });
  return {
    day: (iso: string) => day.format(new Date(iso)),
    moment: (iso: string) => moment.format(new Date(iso)),
    count: (value: number) => count.format(value),
    share: (value: number) => share.format(value),
    bytes: (value: number) => formatBytes(value, language),
    /** `2026-11` → `noviembre de 2026` */
    month: (text: string) => (/^\d{4}-\d{2}$/.test(text) ? month.format(new Date(`${text}-01T00:00:00Z`)) : text),
    /** `es` → `español` */
    language: (tag: string) => (/^[a-z]{2,3}$/.test(tag) ? (names.of(tag) ?? tag) : tag),
  };
}
