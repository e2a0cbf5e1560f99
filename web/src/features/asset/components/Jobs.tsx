import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import { useTranslation } from "react-i18next";

import type { Asset, Job } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

import { useAssetActions } from "../api/useAsset";

/** What is being done with the asset, how far it is, and how to stop it or to run it again. */
export function Jobs({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const { cancel, retry } = useAssetActions(asset.id);
  return (
    <Box sx={{ display: "grid", gap: 1.5 }}>
      {(cancel.error ?? retry.error) !== null && <Fault fault={cancel.error ?? retry.error} />}
      {asset.status === "error" && asset.actions.includes("retry") && (
        <Button variant="outlined" sx={{ justifySelf: "start" }} disabled={retry.isPending} onClick={() => retry.mutate()}>
          {t("job.retry")}
        </Button>
      )}
      {asset.jobs.length === 0 && <Box sx={{ color: "text.secondary" }}>{t("job.none")}</Box>}
      <Box component="ul" sx={{ display: "grid", gap: 1.5, listStyle: "none", m: 0, p: 0 }}>
        {asset.jobs.map((job) => (
          <li key={job.id}>
            <JobRow job={job} {...(asset.actions.includes("cancel") && { onCancel: () => cancel.mutate(job.id) })} />
          </li>
        ))}
      </Box>
    </Box>
  );
}

export function JobRow({ job, onCancel }: { job: Job; onCancel?: () => void }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const open = job.state === "queued" || job.state === "running";
  const name = i18n.exists(`job.kind.${job.kind}`) ? t(`job.kind.${job.kind as "transcode"}`) : job.kind;
  return (
    <Box sx={{ display: "grid", gap: 0.5 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
        <Box component="span" sx={{ fontWeight: 600 }}>
          {name}
        </Box>
        <Box component="span" sx={{ color: job.state === "failed" ? "error.main" : "text.secondary", fontSize: "0.75rem" }}>
          {job.cancel_requested && open ? t("job.cancelling") : t(`job.state.${job.state}`)}
          {job.state === "running" && ` · ${format.share(job.progress)}`}
          {job.finished_at && ` · ${format.moment(job.finished_at)}`}
        </Box>
        <Box sx={{ flex: 1 }} />
        {open && onCancel && (
          <Button color="inherit" disabled={job.cancel_requested} onClick={onCancel} aria-label={t("job.cancelOf", { name })}>
            {t("job.cancel")}
          </Button>
        )}
      </Box>
      {open && <LinearProgress variant={job.state === "queued" ? "indeterminate" : "determinate"} value={job.progress * 100} aria-label={name} />}
      {job.state === "failed" && job.reason && (
        <Alert severity="error" variant="outlined" sx={{ py: 0 }}>
          <Why groups="file" code={job.reason_code} text={job.reason} />
        </Alert>
      )}
    </Box>
  );
}
