import Box from "@mui/material/Box";
import CircularProgress from "@mui/material/CircularProgress";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "~/format/useFormat";

import { readProgress, subscribeProgress } from "./progress";

/** How far the uploads are, wherever one is in the page. */
export function UploadBadge() {
  const { t } = useTranslation();
  const format = useFormat();
  const { open, share, failed } = useSyncExternalStore(subscribeProgress, readProgress);
  if (open === 0) return null;
  return (
    <Box component="span" title={t("upload.sending", { count: open, share: format.share(share) })} sx={{ display: "inline-flex", alignItems: "center", gap: 0.5, fontSize: "0.75rem" }}>
      <CircularProgress aria-hidden variant="determinate" size={16} thickness={6} value={share * 100} color={failed > 0 ? "error" : "primary"} />
      {format.share(share)}
    </Box>
  );
}
