import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

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
    <Box
      component="span"
      data-flag={shown.code}
      title={[shown, ...others].map(({ text }) => text).join(" · ")}
      sx={{
        ...(over ? { position: "absolute", left: 5, top: 0, mt: "calc((100% * 9 / 16) - 24px)", maxWidth: "calc(100% - 70px)" } : { display: "inline-block" }),
        px: 0.6,
        borderRadius: 0.75,
        fontSize: "0.6875rem",
        fontWeight: 600,
        lineHeight: "18px",
        overflow: "hidden",
        textOverflow: "ellipsis",
        whiteSpace: "nowrap",
        ...(over
          ? { bgcolor: "rgba(8, 10, 14, 0.86)", color: DENIES.has(shown.code) ? "#ffb4a8" : "#ffd591" }
          : { border: 1, borderColor: "currentColor", color: DENIES.has(shown.code) ? "error.main" : "warning.main" }),
      }}
    >
      {shown.text}
      {others.length > 0 && ` +${others.length}`}
    </Box>
  );
}
