import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Why } from "~/components/Why";

import { JobRow } from "./Jobs";

/** In place of a player that cannot play yet, or never will: what is going on. */
export function Pipeline({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const open = asset.jobs.filter((job) => job.state !== "done");
  return (
    <Box sx={{ display: "grid", alignContent: "center", justifyItems: "center", minHeight: 280, p: 3, bgcolor: "background.paper", borderBottom: 1, borderColor: "divider" }}>
      <Box sx={{ display: "grid", gap: 2, width: "100%", maxWidth: 460 }} role="status">
        <Typography variant="h2" component="p">
          {t(`pipeline.${asset.status}`)}
        </Typography>
        {asset.reason && (
          <Alert severity={asset.status === "rejected" || asset.status === "error" ? "error" : "info"} variant="outlined">
            <Why groups="file" code={asset.reason_code} text={asset.reason} />
          </Alert>
        )}
        {open.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </Box>
    </Box>
  );
}
