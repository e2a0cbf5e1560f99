import { useTranslation } from "react-i18next";

import styles from "./hit.module.css";

/** What stands against any use at all is said louder than what only limits it. */
const DENIES = new Set(["rights-hold", "rights-expired", "rights-unreadable", "rights-not-yet", "rights-embargo"]);

/** What limits the use of a result, by the codes that its answer has; `over`: on its thumbnail. */
export function Flags({ flags, over = false }: { flags: string[] | undefined; over?: boolean }) {
  const { t, i18n } = useTranslation();
  if (!flags?.length) return null;
  const [shown, ...others] = [...flags].sort((a, b) => Number(DENIES.has(b)) - Number(DENIES.has(a))).map((code) => ({
    code,
    text: i18n.exists(`search.rights.${code}`) ? t(`search.rights.${code as "rights-hold"}`) : code,
  })); // prettier-ignore
  if (!shown) return null;
  return (
    <span data-flag={shown.code} data-denies={DENIES.has(shown.code)} title={[shown, ...others].map(({ text }) => text).join(" · ")} className={`${styles.flag} ${over ? styles.over : styles.beside}`}>
      {shown.text}
      {others.length > 0 && ` +${others.length}`}
    </span>
  );
}
