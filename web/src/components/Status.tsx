import Chip from "@mui/material/Chip";
import { useTranslation } from "react-i18next";

import type { AssetSummary } from "~/api/client";

const COLOURS = {
  uploading: "info",
  processing: "info",
  ready: "success",
  error: "error",
  rejected: "error",
  deleted: "default",
} as const;

export function Status({ status }: { status: AssetSummary["status"] }) {
  const { t } = useTranslation();
  return <Chip label={t(`status.${status}`)} color={COLOURS[status]} variant="outlined" sx={{ height: 20, fontSize: "0.6875rem" }} />;
}
