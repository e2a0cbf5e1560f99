/** Languages: the browser's, or the one that was chosen; only that catalogue is loaded. Spanish is where the others come from. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import type es from "./es.json";

export const LANGUAGES = { es: "Español", en: "English", pt: "Português" } as const;
export type Language = keyof typeof LANGUAGES;
const STORED = "acervo.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "page";
    resources: { page: typeof es };
  }
}

const CATALOGUES: Record<Language, () => Promise<{ default: Record<string, unknown> }>> = {
  es: () => import("./es.json"),
  en: () => import("./en.json"),
  pt: () => import("./pt.json"),
};

const isLanguage = (text: string | undefined): text is Language => text !== undefined && text in LANGUAGES;

/** The first of the wanted languages that we have; Spanish when there is none. */
export function pickLanguage(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "es";
}

export async function startLanguages(): Promise<void> {
  const stored = localStorage.getItem(STORED);
  const language = pickLanguage(stored ? [stored, ...navigator.languages] : navigator.languages);
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: ["page"],
    defaultNS: "page",
    resources: {},
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
    showSupportNotice: false,
  });
  await show(language);
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  await show(language);
}

async function show(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "page")) {
    i18next.addResourceBundle(language, "page", (await CATALOGUES[language]()).default);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
