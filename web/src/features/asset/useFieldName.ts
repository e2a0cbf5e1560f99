import { useTranslation } from "react-i18next";

const OTHERS = ["territories", "channels", "hold", "restricted"] as const;

/** What people call a field: `metadata.title` is "Title". A field of this installation's own is called as it is. */
export function useFieldName(): (path: string) => string {
  const { t: page, i18n } = useTranslation();
  const { t } = useTranslation("asset");
  return (path) => {
    const name = path.split(".").at(-1) ?? path;
    if (name === "project_id") return page("technical.project");
    const other = OTHERS.find((known) => known === name);
    if (other) return t(`fields.${other}`);
    return i18n.exists(`field.${name}`) ? page(`field.${name as "title"}`) : name;
  };
}
