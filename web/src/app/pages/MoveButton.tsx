import MoveIcon from "@mui/icons-material/DriveFileMoveOutlined";
import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";

const MoveDialog = lazy(() => import("~/features/library/MoveDialog").then((module) => ({ default: module.MoveDialog })));

/** For whoever may take the asset out of its project. */
export function MoveButton({ asset, title }: { asset: Asset; title: string }) {
  const { t } = useTranslation("asset");
  const [open, setOpen] = useState(false);
  if (!asset.actions.includes("move")) return null;
  return (
    <>
      <Tooltip title={t("move")}>
        <IconButton aria-label={t("move")} onClick={() => setOpen(true)}>
          <MoveIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <Suspense fallback={null}>{open && <MoveDialog titles={new Map([[asset.id, title]])} from={new Set([asset.project_id])} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
