import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import { useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";

import { BulkResult } from "./BulkResult";
import { useMove } from "./useMove";

interface Props {
  /** asset id → its title */
  titles: ReadonlyMap<string, string>;
  /** Where they are now. */
  from: ReadonlySet<string>;
  onClose: () => void;
}

/** Everything that is selected goes to another project; then what became of each. */
export function MoveDialog({ titles, from, onClose }: Props) {
  const { t } = useTranslation(["library", "page"]);
  const projects = useProjects();
  const move = useMove();
  const [project, setProject] = useState("");
  const [nonce, setNonce] = useState(() => crypto.randomUUID());
  const [only] = from.size === 1 ? from : [];
  const open = projects.data?.filter(({ id, actions }) => actions.includes("upload") && id !== only) ?? [];
  const done = move.data;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (project) move.mutate({ ids: [...titles.keys()], project, nonce });
  };
  return (
    <Dialog open onClose={move.isPending ? undefined : onClose} maxWidth="sm" fullWidth aria-labelledby="move-title">
      <DialogTitle id="move-title" component="h2" sx={{ fontSize: "1.125rem" }}>
        {t("move.title", { count: titles.size })}
      </DialogTitle>
      {done ? (
        <BulkResult done={{ edited: done.moved, refused: done.refused }} titles={titles} said={t("move.done", { count: done.moved.filter(({ changed }) => changed).length })} />
      ) : (
        <DialogContent>
          <Box component="form" id="move-form" onSubmit={onSubmit} sx={{ display: "grid", gap: 2, gridTemplateColumns: "minmax(0, 1fr)" }}>
            <Typography>{t("move.how")}</Typography>
            <TextField
              select
              required
              label={t("move.to")}
              value={project}
              onChange={(event) => {
                setProject(event.target.value);
                setNonce(crypto.randomUUID()); // another request
              }}
              slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
            >
              <option value="">{t("move.choose")}</option>
              {open.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </TextField>
            {projects.data && open.length === 0 && <Typography sx={{ color: "text.secondary" }}>{t("move.nowhere")}</Typography>}
            {(projects.error ?? move.error) !== null && <Fault fault={projects.error ?? move.error} />}
          </Box>
        </DialogContent>
      )}
      <DialogActions>
        <Button onClick={onClose} disabled={move.isPending}>
          {done ? t("page:close") : t("page:cancel")}
        </Button>
        {!done && (
          <Button type="submit" form="move-form" variant="contained" disabled={project === "" || move.isPending}>
            {move.isPending ? t("bulk.applying") : t("move.move")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
