import Box from "@mui/material/Box";
import Divider from "@mui/material/Divider";
import ListSubheader from "@mui/material/ListSubheader";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useColorScheme } from "@mui/material/styles";
import { useTranslation } from "react-i18next";

import type { Me } from "~/api/client";
import { chooseLanguage, LANGUAGES, type Language } from "~/i18n/i18n";
import { session } from "~/session/session";

const MODES = ["system", "light", "dark"] as const;

interface Props {
  me: Me;
  anchor: HTMLElement;
  open: boolean;
  onClose: () => void;
}

/** Who one is, language, theme, the way out. */
export function PersonMenuItems({ me, anchor, open, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const { mode, setMode } = useColorScheme();
  return (
    <Menu open={open} anchorEl={anchor} onClose={onClose} slotProps={{ list: { dense: true, sx: { minWidth: 220 } } }}>
      <Box component="li" role="none" sx={{ px: 2, py: 1 }}>
        <Box sx={{ fontWeight: 650 }}>{me.name}</Box>
        <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{me.roles.join(", ")}</Box>
      </Box>
      <Divider component="li" role="none" />
      <ListSubheader component="li" role="none" sx={{ lineHeight: "28px", bgcolor: "transparent" }}>
        {t("person.language")}
      </ListSubheader>
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <MenuItem key={tag} role="menuitemradio" aria-checked={i18n.language === tag} selected={i18n.language === tag} lang={tag} onClick={() => void chooseLanguage(tag as Language)}>
          {name}
        </MenuItem>
      ))}
      <Divider component="li" role="none" />
      <ListSubheader component="li" role="none" sx={{ lineHeight: "28px", bgcolor: "transparent" }}>
        {t("person.theme")}
      </ListSubheader>
      {MODES.map((name) => (
        <MenuItem key={name} role="menuitemradio" aria-checked={mode === name} selected={mode === name} onClick={() => setMode(name)}>
          {t(`person.mode.${name}`)}
        </MenuItem>
      ))}
      <Divider component="li" role="none" />
      <MenuItem onClick={() => void session.signOut()}>{t("auth.signOut")}</MenuItem>
    </Menu>
  );
}
