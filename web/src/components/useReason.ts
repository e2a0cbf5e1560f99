import { useTranslation } from "react-i18next";

import type { FieldFault } from "~/api/problem";

import { tell, type Group, type Reason, type Told } from "./reasons";

/** Tells reasons in the person's language; in English while the catalogue is on its way. */
export function useReason(): (groups: Group | readonly Group[], reason: Reason) => Told | null {
  const { i18n } = useTranslation("reason", { useSuspense: false });
  const find = (key: string): unknown => i18n.getResource(i18n.language, "reason", key);
  return (groups, reason) => tell(typeof groups === "string" ? [groups] : groups, reason, find);
}

/** The same for lines that have no room for more than a sentence. */
export function useReasonText(): (groups: Group | readonly Group[], reason: Reason) => string {
  const reasonOf = useReason();
  return (groups, reason) => reasonOf(groups, reason)?.text ?? "";
}

/** What is wrong with a field, for below it. */
export function useFieldFault(): (fault: FieldFault) => string {
  const reasonText = useReasonText();
  return ({ code, detail, limit }) => reasonText("field", { code, text: detail, limit });
}
