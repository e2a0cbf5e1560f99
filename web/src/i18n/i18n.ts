/**
 * Languages: the browser's, or the one that was chosen; only that catalogue is loaded. Spanish is where the others come from.
 *
 * `page` is there before anything is drawn. What only some parts need is a namespace of its own, which arrives with the first of them
 * (`useTranslation("library")` waits for it), so that the first page stays light.
 */
import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";

import type adminEs from "./admin/es.json";
import type assetEs from "./asset/es.json";
import type es from "./es.json";
import type libraryEs from "./library/es.json";
import type reasonEs from "./reason/es.json";

export const LANGUAGES = { es: "Español", en: "English", pt: "Português" } as const;
export type Language = keyof typeof LANGUAGES;
const STORED = "acervo.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "page";
    resources: { page: typeof es; library: typeof libraryEs; admin: typeof adminEs; asset: typeof assetEs; reason: typeof reasonEs };
  }
}

type Catalogue = () => Promise<{ default: Record<string, unknown> }>;
const CATALOGUES: Record<Language, Catalogue> = {
  es: () => import("./es.json"),
  en: () => import("./en.json"),
  pt: () => import("./pt.json"),
};
const LATER: Record<string, Partial<Record<Language, Catalogue>>> = {
  library: { es: () => import("./library/es.json"), en: () => import("./library/en.json"), pt: () => import("./library/pt.json") },
  asset: { es: () => import("./asset/es.json"), en: () => import("./asset/en.json"), pt: () => import("./asset/pt.json") },
  admin: { es: () => import("./admin/es.json"), en: () => import("./admin/en.json"), pt: () => import("./admin/pt.json") },
  reason: { es: () => import("./reason/es.json"), pt: () => import("./reason/pt.json") }, // in English the service's own sentences are shown
};

const isLanguage = (text: string | undefined): text is Language => text !== undefined && text in LANGUAGES;

/** The first of the wanted languages that we have; Spanish when there is none. */
export function pickLanguage(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "es";
}

/** Loads what is used later; i18next asks again by itself when the network was away. */
const later: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, namespace, tell) => {
    const load = isLanguage(language) ? LATER[namespace]?.[language] : undefined;
    if (!load) { tell(null, {}); return; }
    load().then(
      (module) => tell(null, module.default),
      (fault: unknown) => tell(fault instanceof Error ? fault : new Error(String(fault)), true),
    );
  },
};

export async function startLanguages(): Promise<void> {
  const stored = localStorage.getItem(STORED);
  const language = pickLanguage(stored ? [stored, ...navigator.languages] : navigator.languages);
  const { default: page } = await CATALOGUES[language]();
  await i18next
    .use(initReactI18next)
    .use(later)
    .init({
      lng: language,
      fallbackLng: false,
      ns: ["page"],
      defaultNS: "page",
      resources: { [language]: { page } },
      partialBundledLanguages: true,
      interpolation: { escapeValue: false }, // React escapes
      returnNull: false,
      showSupportNotice: false,
    });
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  if (!i18next.hasResourceBundle(language, "page")) {
    i18next.addResourceBundle(language, "page", (await CATALOGUES[language]()).default);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
