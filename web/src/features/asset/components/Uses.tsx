import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

/** What the asset's rights forbid at this moment, and why; nothing when they forbid nothing. */
export function Uses({ asset }: { asset: Asset }) {
  const { t } = useTranslation("asset");
  const format = useFormat();
  const denied = (asset.uses ?? []).filter(({ allowed }) => !allowed);
  if (denied.length === 0) return null;
  return (
    <Alert severity="warning" variant="outlined" sx={{ mt: 2 }} data-uses>
      {t("uses.title")}
      <Box component="ul" sx={{ m: 0, pl: 2 }}>
        {denied.map(({ use, reasons, not_before: from, override }) => (
          <li key={use}>
            <b>{t(`uses.use.${use}`)}</b>:{" "}
            {reasons.map(({ code, detail }, at) => (
              <Fragment key={code}>
                {at > 0 && "; "}
                <Why line groups="rights" code={code} text={detail} />
              </Fragment>
            ))}
            {[from !== null && t("uses.from", { when: format.moment(from) }), override && t("uses.override")].filter(Boolean).map((text) => `; ${text}`)}
          </li>
        ))}
      </Box>
    </Alert>
  );
}
