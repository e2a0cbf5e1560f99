import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import Paper from "@mui/material/Paper";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import type { Draft, Field } from "../draft";
import type { Conflict } from "../useAutosave";

interface Props {
  conflict: Conflict;
  mine: Draft;
  onChoose: (field: Field, side: "mine" | "theirs") => void;
}

/** Somebody else changed the same fields: both values, and a choice for each. Nothing is lost by looking. */
export function ConflictDialog({ conflict, mine, onChoose }: Props) {
  const { t } = useTranslation();
  const sides = { mine, theirs: conflict.theirs };
  return (
    <Dialog open fullWidth maxWidth="md" aria-labelledby="conflict-title">
      <DialogTitle id="conflict-title">{t("conflict.title")}</DialogTitle>
      <DialogContent sx={{ display: "grid", gap: 2 }}>
        <Typography>{t("conflict.why")}</Typography>
        {conflict.fields.map((field) => (
          <Box key={field} role="group" aria-label={t(`field.${field}`)}>
            <Typography variant="h3" component="h3" sx={{ mb: 0.5 }}>
              {t(`field.${field}`)}
            </Typography>
            <Box sx={{ display: "grid", gap: 1, gridTemplateColumns: { sm: "1fr 1fr" } }}>
              {(["mine", "theirs"] as const).map((side) => (
                <Paper key={side} variant="outlined" sx={{ p: 1.5, display: "grid", gap: 1, alignContent: "space-between" }}>
                  <Typography variant="caption" sx={{ color: "text.secondary" }}>
                    {t(`conflict.${side}`)}
                  </Typography>
                  <Box sx={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", maxHeight: 200, overflow: "auto" }}>{shown(sides[side][field]) || t("conflict.empty")}</Box>
                  <Button variant={side === "mine" ? "contained" : "outlined"} onClick={() => onChoose(field, side)}>
                    {t(`conflict.keep.${side}`)}
                  </Button>
                </Paper>
              ))}
            </Box>
          </Box>
        ))}
      </DialogContent>
    </Dialog>
  );
}

const shown = (value: string | string[]): string => (Array.isArray(value) ? value.join(", ") : value);
