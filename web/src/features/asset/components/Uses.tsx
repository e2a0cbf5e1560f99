import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { useReason } from "~/components/useReason";
import { useFormat } from "~/format/useFormat";

/** What the asset's rights forbid at this moment, and why; nothing when they forbid nothing. */
export function Uses({ asset }: { asset: Asset }) {
  const { t } = useTranslation("asset");
  const format = useFormat();
  const reasonOf = useReason();
  const denied = (asset.uses ?? []).filter(({ allowed }) => !allowed);
  if (denied.length === 0) return null;
  return (
    <Alert severity="warning" variant="outlined" sx={{ mt: 2 }} data-uses>
      {t("uses.title")}
      <Box component="ul" sx={{ m: 0, pl: 2 }}>
        {denied.map(({ use, reasons, not_before: from, override }) => (
          <li key={use}>
            <b>{t(`uses.use.${use}`)}</b>: {[...reasons.map(reasonOf), ...(from === null ? [] : [t("uses.from", { when: format.moment(from) })]), ...(override ? [t("uses.override")] : [])].join("; ")}
          </li>
        ))}
      </Box>
    </Alert>
  );
}
