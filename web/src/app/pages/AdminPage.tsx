import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { useTitle } from "~/components/useTitle";
import { DeadLetters } from "~/features/admin/DeadLetters";

/** For the platform team; the API decides, this only does not show what it would refuse. */
export function AdminPage() {
  const { t } = useTranslation();
  const me = useMe();
  useTitle(t("nav.admin"));
  return (
    <Box sx={{ height: "100%", overflowY: "auto" }}>
      <Box sx={{ display: "grid", gap: 2, maxWidth: 1300, mx: "auto", p: { xs: 1.5, sm: 3 } }}>
        <Typography variant="h1">{t("nav.admin")}</Typography>
        {me.data?.actions.includes("operate") ? <DeadLetters /> : <Alert severity="info">{t("admin.notYours")}</Alert>}
      </Box>
    </Box>
  );
}
