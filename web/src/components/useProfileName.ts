import { useTranslation } from "react-i18next";

/** What a profile makes, in the person's words; one that nobody knows stays as it is. */
export function useProfileName(): (profile: string) => string {
  const { t, i18n } = useTranslation();
  return (profile) => {
    if (profile.startsWith("ondemand-")) return t("job.kind.ondemand");
    return i18n.exists(`profile.${profile}`) ? t(`profile.${profile as "hls"}`) : profile;
  };
}
