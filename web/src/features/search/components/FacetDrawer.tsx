import Drawer from "@mui/material/Drawer";
import type { ReactNode } from "react";

/** The facets where there is no room beside the results. */
export function FacetDrawer({ open, onClose, label, children }: { open: boolean; onClose: () => void; label: string; children: ReactNode }) {
  return (
    <Drawer open={open} onClose={onClose} slotProps={{ paper: { role: "dialog", "aria-label": label, sx: { width: 280, p: 2 } } }}>
      {children}
    </Drawer>
  );
}
