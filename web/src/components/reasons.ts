/**
 * Why something did not happen, in the person's language. Pure.
 *
 * The service says every reason as a code and an English sentence. A catalogue (`i18n/reason`) has a text for each code; where the English
 * sentence says more than the code does (a number, a name, what a channel answered), the text ends in `{{detail}}`, and the sentence is shown
 * beside it. A code without a text, and a reason without a code, is told in English: never nothing.
 */

/** Whose codes they are: the same code means one thing of a file and another of a channel. */
export type Group = "file" | "channel" | "advice" | "rights" | "refused" | "platform" | "field";

export interface Reason {
  code?: string | null | undefined;
  /** The service's English sentence. */
  text?: string | null | undefined;
  /** A number that the text speaks of. */
  limit?: string | undefined;
}

export interface Told {
  text: string;
  /** The text is the service's own. */
  english: boolean;
  /** The English sentence, where it says more. */
  detail: string | null;
}

const HOLE = /\s*{{detail}}$/;
const LIMIT = "{{limit}}";

/** The reason as the first of the groups that knows its code has it; null when there is none. */
export function tell(groups: readonly Group[], { code, text, limit }: Reason, find: (key: string) => unknown): Told | null {
  const known = code ? groups.map((group) => find(`${group}.${code}`)).find((one) => typeof one === "string") : undefined;
  if (known === undefined || (known.includes(LIMIT) && limit === undefined)) return text || code ? { text: text || (code ?? ""), english: true, detail: null } : null;
  return { text: known.replace(HOLE, "").replace(LIMIT, limit ?? ""), english: false, detail: HOLE.test(known) && text ? text : null };
}
