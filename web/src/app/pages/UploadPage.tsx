import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";
import { UploadView } from "~/features/upload/UploadView";

export function UploadPage() {
  const { t } = useTranslation();
  useTitle(t("nav.upload"));
  return (
    <Box sx={{ display: "flex", flexDirection: "column", gap: 2, maxWidth: 1100, height: "100%", mx: "auto", p: { xs: 1.5, sm: 3 }, overflowY: "auto" }}>
      <Typography variant="h1">{t("nav.upload")}</Typography>
      <UploadView />
    </Box>
  );
}
