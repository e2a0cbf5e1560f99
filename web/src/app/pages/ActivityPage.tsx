import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";
import { ActivityView } from "~/features/activity/ActivityView";

export function ActivityPage() {
  const { t } = useTranslation();
  useTitle(t("nav.activity"));
  return (
    <Box sx={{ position: "relative", height: "100%", overflowY: "auto" }}>
      <Box sx={{ display: "grid", gap: 2, maxWidth: 1100, mx: "auto", p: { xs: 1.5, sm: 3 } }}>
        <Typography variant="h1">{t("nav.activity")}</Typography>
        <ActivityView />
      </Box>
    </Box>
  );
}
