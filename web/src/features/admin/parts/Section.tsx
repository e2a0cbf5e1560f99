import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";

/** One subject of the page: its name, what can be done or narrowed, the rest. */
export function Section({ title, tools, children }: { title: string; tools?: ReactNode; children: ReactNode }) {
  return (
    <Box component="section" sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 2 }}>
      <Box sx={{ display: "flex", alignItems: "center", columnGap: 2, rowGap: 1, flexWrap: "wrap", minHeight: 34 }}>
        <Typography variant="h2">{title}</Typography>
        {tools}
      </Box>
      {children}
    </Box>
  );
}
