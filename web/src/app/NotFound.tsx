import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useTitle } from "~/components/useTitle";

export function NotFound() {
  const { t } = useTranslation();
  useTitle(t("notFound.title"));
  return (
    <Box sx={{ display: "grid", justifyItems: "start", gap: 2, maxWidth: 560, mx: "auto", p: 4 }}>
      <Typography variant="h1">{t("notFound.title")}</Typography>
      <Typography>{t("notFound.why")}</Typography>
      <Button variant="contained" component={Link} to="/">
        {t("notFound.search")}
      </Button>
    </Box>
  );
}
