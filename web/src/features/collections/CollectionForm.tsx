import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Project } from "~/api/client";
import { Fault } from "~/components/Fault";

import { useMakeCollection, type Collection } from "./api/useCollections";

const MAX_NAME = 200;

interface Props {
  /** Where one may make any. */
  projects: readonly Project[];
  /** The one that is meant most likely. */
  project: string | undefined;
  onMade: (made: Collection) => void;
}

/** A new collection: a name, in a project. */
export function CollectionForm({ projects, project, onMade }: Props) {
  const { t } = useTranslation("library");
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState("");
  const [nonce, setNonce] = useState(() => crypto.randomUUID());
  const make = useMakeCollection();
  const project_id = [chosen, project].find((id) => projects.some((known) => known.id === id)) ?? projects[0]?.id;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!project_id || !name.trim()) return;
    make.mutate(
      { project_id, name: name.trim(), nonce },
      {
        onSuccess: (made) => {
          setName("");
          setNonce(crypto.randomUUID());
          onMade(made);
        },
      },
    );
  };
  return (
    <Box component="form" aria-label={t("collections.new")} onSubmit={onSubmit} sx={{ display: "grid", gap: 1, gridTemplateColumns: { sm: "2fr 1fr auto" }, alignItems: "start" }}>
      <TextField
        label={t("collections.new")}
        value={name}
        onChange={(event) => {
          setName(event.target.value);
          setNonce(crypto.randomUUID());
        }}
        slotProps={{ htmlInput: { maxLength: MAX_NAME } }}
      />
      <TextField select label={t("collections.project")} value={project_id ?? ""} onChange={(event) => setChosen(event.target.value)}>
        {projects.map(({ id, name: title }) => (
          <MenuItem key={id} value={id}>
            {title}
          </MenuItem>
        ))}
      </TextField>
      <Button type="submit" variant="contained" size="medium" disabled={!name.trim() || !project_id || make.isPending}>
        {t("collections.make")}
      </Button>
      {make.isError && (
        <Box sx={{ gridColumn: "1 / -1" }}>
          <Fault fault={make.error} />
        </Box>
      )}
    </Box>
  );
}
