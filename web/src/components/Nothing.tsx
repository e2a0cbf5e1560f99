import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";

/** There is nothing here, why that may be, and what one can do. */
export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Box sx={{ display: "grid", justifyItems: "center", gap: 1, px: 3, py: 8, textAlign: "center", color: "text.secondary" }}>
      <Typography variant="h2" component="p" sx={{ color: "text.primary" }}>
        {title}
      </Typography>
      {children}
    </Box>
  );
}
