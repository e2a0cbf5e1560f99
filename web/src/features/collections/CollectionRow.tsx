import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjectName } from "~/api/useProjects";
import { PageLink } from "~/components/PageLink";
import { useFormat } from "~/format/useFormat";

import type { Collection } from "./api/useCollections";
import { DeleteDialog } from "./DeleteDialog";
import { RenameDialog } from "./RenameDialog";

/** One collection: a link to what is in it, and what may be done with it. */
export function CollectionRow({ collection, mayEdit }: { collection: Collection; mayEdit: boolean }) {
  const { t } = useTranslation("library");
  const format = useFormat();
  const project = useProjectName();
  const [open, setOpen] = useState<"rename" | "delete" | null>(null);
  const { id, name, description, assets, project_id, updated_at } = collection;
  const close = () => setOpen(null);
  return (
    <Box component="li" sx={{ display: "flex", alignItems: "start", gap: 1, p: 1.5, border: 1, borderColor: "divider", borderRadius: 1, bgcolor: "background.paper", minWidth: 0 }}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <PageLink to="/" search={{ collection: id }} aria-label={t("collections.open", { name })} sx={{ display: "block", fontWeight: 650, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {name}
        </PageLink>
        <Box sx={{ fontSize: "0.75rem", color: "text.secondary", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {t("collections.assets", { count: assets })} · {project(project_id)} · {format.day(updated_at)}
        </Box>
        {description && <Box sx={{ mt: 0.5, fontSize: "0.8125rem", overflowWrap: "anywhere" }}>{description}</Box>}
      </Box>
      {mayEdit && (
        <>
          <IconButton aria-label={t("collections.renameOf", { name })} onClick={() => setOpen("rename")}>
            <EditIcon fontSize="small" />
          </IconButton>
          <IconButton aria-label={t("collections.deleteOf", { name })} onClick={() => setOpen("delete")}>
            <DeleteIcon fontSize="small" />
          </IconButton>
        </>
      )}
      {open === "rename" && <RenameDialog collection={collection} onClose={close} />}
      {open === "delete" && <DeleteDialog collection={collection} onClose={close} />}
    </Box>
  );
}
