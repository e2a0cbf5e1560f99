import Box from "@mui/material/Box";
import type { ReactNode } from "react";

interface Props {
  label: string;
  columns: readonly string[];
  /** Its rows: `<tr>`s. */
  children: ReactNode;
}

/** A dense table that scrolls sideways by itself when the window is narrow. */
export function Table({ label, columns, children }: Props) {
  return (
    <Box tabIndex={0} role="region" aria-label={label} sx={{ overflowX: "auto" }}>
      <Box
        component="table"
        sx={{
          width: "100%",
          borderCollapse: "collapse",
          fontSize: "0.8125rem",
          "& th, & td": { textAlign: "left", py: 0.75, pr: 2, borderBottom: 1, borderColor: "divider", verticalAlign: "top" },
          "& th": { whiteSpace: "nowrap" },
          "& tbody tr:hover": { bgcolor: "action.hover" },
        }}
      >
        <Box component="thead" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </Box>
        <tbody>{children}</tbody>
      </Box>
    </Box>
  );
}
