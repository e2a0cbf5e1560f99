import CollectionIcon from "@mui/icons-material/CollectionsBookmarkOutlined";
import Box from "@mui/material/Box";
import Paper from "@mui/material/Paper";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjects } from "~/api/useProjects";
import { Loading } from "~/components/Loading";

import { useCollections, type Collection } from "./api/useCollections";
import { usePut } from "./usePut";

interface Props {
  assetIds: readonly string[];
  /** Projects of what is dragged. */
  projectIds: ReadonlySet<string>;
}

/** Collections to let results go on, while they are dragged; whoever does not drag has the button of the selection. */
export function Shelf({ assetIds, projectIds }: Props) {
  const { t } = useTranslation("library");
  const projects = useProjects();
  const [only] = projectIds;
  const collections = useCollections(projectIds.size === 1 && only ? only : null);
  const mine = new Set(projects.data?.filter(({ id, actions }) => projectIds.has(id) && actions.includes("edit")).map(({ id }) => id));
  const items = collections.data?.pages.flatMap((page) => page.items).filter(({ project_id }) => mine.has(project_id)) ?? [];
  return (
    <Paper
      elevation={8}
      square
      role="region"
      aria-label={t("shelf.label", { count: assetIds.length })}
      sx={{ position: "absolute", insetInline: 0, bottom: 0, zIndex: 10, maxHeight: "40%", overflowY: "auto", display: "grid", gap: 1, p: 2, borderTop: 1, borderColor: "divider" }}
    >
      <Box sx={{ fontWeight: 650 }}>{t("shelf.label", { count: assetIds.length })}</Box>
      {(collections.isPending || projects.isPending) && <Loading />}
      {collections.data && projects.data && items.length === 0 && <Box sx={{ color: "text.secondary" }}>{t("shelf.none")}</Box>}
      <Box component="ul" sx={{ m: 0, p: 0, listStyle: "none", display: "grid", gap: 1, gridTemplateColumns: "repeat(auto-fill, minmax(220px, 1fr))" }}>
        {items.map((collection) => (
          <Place key={collection.id} collection={collection} assetIds={assetIds} />
        ))}
      </Box>
    </Paper>
  );
}

function Place({ collection, assetIds }: { collection: Collection; assetIds: readonly string[] }) {
  const [over, setOver] = useState(false);
  const { t } = useTranslation("library");
  const put = usePut();
  return (
    <Box
      component="li"
      data-collection={collection.id}
      onDragOver={(event) => {
        event.preventDefault(); // it may be let go here
        event.dataTransfer.dropEffect = "copy";
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        void put(collection, assetIds);
      }}
      sx={{ display: "flex", alignItems: "center", gap: 1, p: 1, minHeight: 52, border: "2px dashed", borderColor: over ? "primary.main" : "divider", bgcolor: over ? "action.selected" : "background.default", borderRadius: 1, minWidth: 0 }}
    >
      <CollectionIcon fontSize="small" sx={{ color: "text.secondary", pointerEvents: "none" }} />
      <Box sx={{ minWidth: 0, pointerEvents: "none" }}>
        <Box sx={{ fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{collection.name}</Box>
        <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{t("collections.assets", { count: collection.assets })}</Box>
      </Box>
    </Box>
  );
}
