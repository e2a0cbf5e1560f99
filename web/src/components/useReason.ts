import { useTranslation } from "react-i18next";

const KNOWN = [
  "rights-hold", "rights-expired", "rights-not-yet", "rights-embargo", "rights-restricted", "rights-channel", "rights-territory", "rights-unreadable",
] as const; // prettier-ignore

/** Why rights stand in the way, in the person's language; the API's own sentence for a code that is new. */
export function useReason(): (reason: { code: string; detail: string }) => string {
  const { t } = useTranslation("asset");
  return ({ code, detail }) => {
    const known = KNOWN.find((name) => name === code);
    return known ? t(`reason.${known}`) : detail;
  };
}
