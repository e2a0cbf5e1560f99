import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schema } from "./settingsForm";

type Words = Readonly<Record<string, string>>;

/** What types of channels say of themselves, which is English (acervo/channels); a type of somebody else's stays as it is. */
const WORDS: Record<string, () => Promise<{ default: Words }>> = {
  es: () => import("~/i18n/channel/es.json"),
  pt: () => import("~/i18n/channel/pt.json"),
};

/** A text of a channel's type in the person's language. */
export function useChannelWord(): (text: string) => string {
  const { language } = useTranslation().i18n;
  const words = useQuery({
    queryKey: ["channel-words", language],
    queryFn: async (): Promise<Words> => (await WORDS[language]?.())?.default ?? {},
    staleTime: Infinity,
  });
  return (text) => words.data?.[text] ?? text;
}

/** The schema with every title and description put into other words. */
export function translated(schema: Schema, word: (text: string) => string): Schema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, translated(part, word)] as const);
  return {
    ...schema,
    ...(schema.title !== undefined && { title: word(schema.title) }),
    ...(schema.description !== undefined && { description: word(schema.description) }),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
  };
}
