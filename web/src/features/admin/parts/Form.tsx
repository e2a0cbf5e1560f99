import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import type { ReactNode } from "react";

import { Fault } from "~/components/Fault";

interface Props {
  submit: string;
  busy: boolean;
  fault: unknown;
  onSubmit: () => void;
  children: ReactNode;
}

/** Fields, one button, and what the API has against them, field by field. */
export function Form({ submit, busy, fault, onSubmit, children }: Props) {
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 2 }}
    >
      {children}
      {fault !== null && fault !== undefined && <Fault fault={fault} />}
      <Button type="submit" variant="contained" disabled={busy} sx={{ justifySelf: "start" }}>
        {submit}
      </Button>
    </Box>
  );
}
