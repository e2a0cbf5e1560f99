import Box from "@mui/material/Box";
import CircularProgress from "@mui/material/CircularProgress";
import { useTranslation } from "react-i18next";

export function Loading() {
  const { t } = useTranslation();
  return (
    <Box role="status" sx={{ display: "grid", placeItems: "center", minHeight: 200, height: "100%" }}>
      <CircularProgress size={28} aria-label={t("loading")} />
    </Box>
  );
}
