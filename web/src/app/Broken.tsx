import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

/** A part of the page failed, or a new version has replaced the files that this one would load. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <Box component="main" sx={{ display: "grid", justifyItems: "start", gap: 2, maxWidth: 560, mx: "auto", p: 4 }}>
      <Typography variant="h1">{t("broken.title")}</Typography>
      <Typography>{t("broken.why")}</Typography>
      <Typography variant="caption" sx={{ color: "text.secondary", overflowWrap: "anywhere" }} lang="en">
        {error instanceof Error ? error.message : String(error)}
      </Typography>
      <Button variant="contained" onClick={() => window.location.reload()}>
        {t("broken.reload")}
      </Button>
    </Box>
  );
}
