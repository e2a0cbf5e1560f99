import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Drawer from "@mui/material/Drawer";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** More about one row, or a form, beside the list. */
export function Side({ title, open, onClose, children }: Props) {
  const { t } = useTranslation();
  return (
    <Drawer anchor="right" open={open} onClose={onClose} slotProps={{ paper: { role: "dialog", "aria-modal": true, "aria-label": title, sx: { width: "min(640px, 100vw)", p: 3, gap: 2 } } }}>
      <Box sx={{ display: "flex", gap: 2, alignItems: "flex-start" }}>
        <Typography variant="h2" sx={{ flex: 1, overflowWrap: "anywhere" }}>
          {title}
        </Typography>
        <Button onClick={onClose}>{t("close")}</Button>
      </Box>
      {children}
    </Drawer>
  );
}
