import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjectName, useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { PageLink } from "~/components/PageLink";

import { useAddToCollection, useCollections, type Collection } from "./api/useCollections";
import { CollectionForm } from "./CollectionForm";

interface Props {
  assetIds: readonly string[];
  /** Projects of what is selected. */
  projectIds: ReadonlySet<string>;
  onClose: () => void;
}

/** Put what is selected into a collection: one that is there, or a new one. */
export function AddDialog({ assetIds, projectIds, onClose }: Props) {
  const { t } = useTranslation(["library", "page"]);
  const projects = useProjects();
  const project = useProjectName();
  const [only] = projectIds;
  const collections = useCollections(projectIds.size === 1 && only ? only : null);
  const add = useAddToCollection();
  const [to, setTo] = useState<Collection | null>(null);
  const [text, setText] = useState("");
  const mine = projects.data?.filter(({ id, actions }) => projectIds.has(id) && actions.includes("edit")) ?? [];
  const items = collections.data?.pages.flatMap((page) => page.items).filter(({ project_id }) => mine.some(({ id }) => id === project_id)) ?? [];
  const shown = items.filter(({ name }) => name.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()));
  const put = (collection: Collection) => {
    setTo(collection);
    add.mutate({ id: collection.id, asset_ids: [...assetIds] });
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="add-title">
      <DialogTitle id="add-title" component="h2">
        {t("collections.choose")}
      </DialogTitle>
      <DialogContent sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 2, alignContent: "start" }}>
        {add.data && to ? (
          <Alert severity={add.data.changed > 0 ? "success" : "info"} variant="outlined" role="status">
            {add.data.changed > 0 ? t("collections.added", { count: add.data.changed, name: to.name }) : t("collections.already", { name: to.name })}
            {add.data.changed > 0 && add.data.changed < assetIds.length && <Box>{t("collections.others", { count: assetIds.length - add.data.changed })}</Box>}
            <Box>
              <PageLink to="/" search={{ collection: to.id }} onClick={onClose}>
                {t("collections.open", { name: to.name })}
              </PageLink>
            </Box>
          </Alert>
        ) : (
          <>
            {projectIds.size > 1 && <Alert severity="info">{t("collections.several")}</Alert>}
            {projects.data && mine.length === 0 && <Alert severity="info">{t("collections.mine")}</Alert>}
            {mine.length > 0 && (
              <Box sx={{ mt: 1 }}>
                <CollectionForm projects={mine} project={only} onMade={put} />
              </Box>
            )}
            {items.length > 8 && <TextField label={t("collections.filter")} value={text} onChange={(event) => setText(event.target.value)} />}
            {collections.isPending && <Loading />}
            {collections.isError && <Fault fault={collections.error} retry={() => void collections.refetch()} />}
            {items.length > 0 && shown.length === 0 && <Typography sx={{ color: "text.secondary" }}>{t("collections.noMatch")}</Typography>}
            <Box component="ul" aria-label={t("collections.title")} sx={{ m: 0, p: 0, listStyle: "none", "&:empty": { display: "none" } }}>
              {shown.map((collection) => (
                <Box component="li" key={collection.id} sx={{ display: "flex", alignItems: "center", gap: 1, minHeight: 44, borderBottom: 1, borderColor: "divider" }}>
                  <Box sx={{ flex: 1, minWidth: 0 }}>
                    <Box sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{collection.name}</Box>
                    <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>
                      {t("collections.assets", { count: collection.assets })} · {project(collection.project_id)}
                    </Box>
                  </Box>
                  <Button variant="outlined" disabled={add.isPending} aria-label={`${t("collections.add")}: ${collection.name}`} onClick={() => put(collection)}>
                    {t("collections.add")}
                  </Button>
                </Box>
              ))}
            </Box>
            {collections.hasNextPage && (
              <Button disabled={collections.isFetchingNextPage} onClick={() => void collections.fetchNextPage()}>
                {t("page:more")}
              </Button>
            )}
            {add.isError && <Fault fault={add.error} />}
          </>
        )}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{add.data ? t("page:close") : t("page:cancel")}</Button>
      </DialogActions>
    </Dialog>
  );
}
