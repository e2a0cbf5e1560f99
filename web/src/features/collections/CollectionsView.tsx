import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";

import { useCollections } from "./api/useCollections";
import { CollectionForm } from "./CollectionForm";
import { CollectionRow } from "./CollectionRow";

const EVERY = "";

/** Every collection that one sees: make, open, rename, delete. */
export function CollectionsView() {
  const { t } = useTranslation(["library", "page"]);
  const [project, setProject] = useState(EVERY);
  const projects = useProjects();
  const collections = useCollections(project || null);
  const mine = projects.data?.filter((known) => known.actions.includes("edit")) ?? [];
  const items = collections.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Typography sx={{ color: "text.secondary" }}>{t("collections.why")}</Typography>
      {projects.data && mine.length === 0 && <Alert severity="info">{t("collections.mine")}</Alert>}
      {mine.length > 0 && <CollectionForm projects={mine} project={project || undefined} onMade={(made) => project && setProject(made.project_id)} />}
      {(projects.data?.length ?? 0) > 1 && (
        <TextField select label={t("collections.show")} value={project} onChange={(event) => setProject(event.target.value)} sx={{ maxWidth: 320 }} slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}>
          <MenuItem value={EVERY}>{t("collections.every")}</MenuItem>
          {projects.data?.map(({ id, name }) => (
            <MenuItem key={id} value={id}>
              {name}
            </MenuItem>
          ))}
        </TextField>
      )}
      {collections.isPending && <Loading />}
      {collections.isError && <Fault fault={collections.error} retry={() => void collections.refetch()} />}
      {collections.data && items.length === 0 && <Nothing title={t("collections.none")}>{t("collections.noneWhy")}</Nothing>}
      <Box component="ul" aria-label={t("collections.title")} sx={{ m: 0, p: 0, listStyle: "none", display: "grid", gap: 1, gridTemplateColumns: { md: "1fr 1fr", xl: "1fr 1fr 1fr" }, "&:empty": { display: "none" } }}>
        {items.map((collection) => (
          <CollectionRow key={collection.id} collection={collection} mayEdit={mine.some(({ id }) => id === collection.project_id)} />
        ))}
      </Box>
      {collections.hasNextPage && (
        <Button disabled={collections.isFetchingNextPage} onClick={() => void collections.fetchNextPage()}>
          {t("page:more")}
        </Button>
      )}
    </>
  );
}
