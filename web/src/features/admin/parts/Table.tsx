import Box from "@mui/material/Box";
import type { ReactNode } from "react";

interface Props {
  label: string;
  columns: readonly string[];
  /** Its rows: `<tr>`s. */
  children: ReactNode;
}

/** What a style sheet takes as a text. */
const quoted = (text: string) => JSON.stringify(text);

/** On a phone each row stands by itself, its values one below the other, each after the name of its column. */
const stacked = (columns: readonly string[]) => ({
  "&, & tbody": { display: "block" },
  "& thead": { position: "absolute", clipPath: "inset(50%)" },
  "& tbody tr": { display: "block", py: 1, borderBottom: 1, borderColor: "divider" },
  "& tbody td": { display: "grid", gridTemplateColumns: "minmax(96px, 30%) minmax(0, 1fr)", columnGap: 1, justifyItems: "start", border: 0, py: 0.25, pr: 0, whiteSpace: "normal", maxWidth: "none" },
  "& tbody td::before": { color: "text.secondary", fontSize: "0.75rem", gridRow: "1 / span 9" },
  "& tbody td > *": { gridColumn: 2 },
  "& tbody td:empty": { display: "none" },
  ...Object.fromEntries(columns.map((column, index) => [`& tbody td:nth-of-type(${index + 1})::before`, { content: quoted(column) }])),
});

/** A dense table; in a window between a phone's and a desk's it scrolls sideways by itself. */
export function Table({ label, columns, children }: Props) {
  return (
    <Box tabIndex={0} role="region" aria-label={label} sx={{ overflowX: "auto" }}>
      <Box
        component="table"
        sx={(theme) => ({
          width: "100%",
          borderCollapse: "collapse",
          fontSize: "0.8125rem",
          "& th, & td": { textAlign: "left", py: 0.75, pr: 2, borderBottom: 1, borderColor: "divider", verticalAlign: "top" },
          "& th": { whiteSpace: "nowrap" },
          "& tbody tr:hover": { bgcolor: "action.hover" },
          [theme.breakpoints.down("sm")]: stacked(columns),
        })}
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
