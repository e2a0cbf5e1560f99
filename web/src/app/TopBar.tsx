import ActivityIcon from "@mui/icons-material/Schedule";
import CollectionsIcon from "@mui/icons-material/CollectionsBookmarkOutlined";
import AdminIcon from "@mui/icons-material/SettingsOutlined";
import UploadIcon from "@mui/icons-material/UploadOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import type { Me } from "~/api/client";
import { UploadBadge } from "~/features/upload/UploadBadge";

import { PersonMenu } from "./PersonMenu";
import { TopSearch } from "./TopSearch";

const LINKS = [
  { to: "/upload", label: "nav.upload", Icon: UploadIcon, action: "upload" },
  { to: "/collections", label: "nav.collections", Icon: CollectionsIcon, action: "view" },
  { to: "/activity", label: "nav.activity", Icon: ActivityIcon, action: "view" },
  { to: "/admin", label: "nav.admin", Icon: AdminIcon, action: "operate" },
] as const;

export function TopBar({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <Box
      component="header"
      sx={{
        display: "flex",
        alignItems: "center",
        gap: { xs: 1, md: 2 },
        px: { xs: 1, md: 2 },
        py: 0.75,
        minHeight: 52,
        bgcolor: "background.paper",
        borderBottom: 1,
        borderColor: "divider",
        flexWrap: { xs: "wrap", sm: "nowrap" },
      }}
    >
      <Box
        component={Link}
        to="/"
        aria-label={t("nav.home")}
        sx={{ display: "flex", alignItems: "center", gap: 1, color: "inherit", textDecoration: "none", fontWeight: 700, fontSize: "1rem", letterSpacing: "-0.02em" }}
      >
        <Box component="img" src="/favicon.svg" alt="" width={26} height={26} />
        <Box component="span" sx={{ display: { xs: "none", lg: "inline" } }}>
          Acervo
        </Box>
      </Box>
      <Box sx={{ flex: 1, display: "flex", justifyContent: "center", order: { xs: 3, sm: 0 }, flexBasis: { xs: "100%", sm: 0 } }}>
        <TopSearch />
      </Box>
      <Box component="nav" aria-label={t("nav.label")} sx={{ display: "flex", gap: 0.5, ml: "auto" }}>
        {LINKS.filter(({ action }) => me.actions.includes(action)).map(({ to, label, Icon }) => (
          <Button
            key={to}
            component={Link}
            to={to}
            color="inherit"
            aria-label={t(label)}
            sx={{ minWidth: 0, gap: 0.75, "&[data-status=active]": { bgcolor: "action.selected" } }}
          >
            <Icon sx={{ fontSize: 18 }} />
            <Box component="span" sx={{ display: { xs: "none", md: "inline" } }}>
              {t(label)}
            </Box>
            {to === "/upload" && <UploadBadge />}
          </Button>
        ))}
      </Box>
      <PersonMenu me={me} />
    </Box>
  );
}
