import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import DialogContent from "@mui/material/DialogContent";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { PageLink } from "~/components/PageLink";
import { Why } from "~/components/Why";

import type { BulkEdited } from "./useBulkEdit";

/** What a change of many answers, of whatever kind it is. */
type Outcomes = Pick<BulkEdited, "edited" | "refused">;

interface Props {
  done: Outcomes;
  titles: ReadonlyMap<string, string>;
  /** The whole in a sentence. */
  said: string;
}

/** What became of each asset: those that were refused first, with the reason. */
export function BulkResult({ done, titles, said }: Props) {
  const { t } = useTranslation("library");
  return (
    <DialogContent sx={{ display: "grid", gap: 1.5, alignContent: "start" }}>
      <Alert severity={done.refused.length > 0 ? "warning" : "success"} variant="outlined" role="status">
        {said}
        {done.refused.length > 0 && ` · ${t("bulk.failed", { count: done.refused.length })}`}
      </Alert>
      <Box component="ul" aria-label={t("bulk.results")} sx={{ m: 0, p: 0, listStyle: "none" }}>
        {done.refused.map(({ asset_id, code, detail }) => (
          <Row key={asset_id} id={asset_id} title={titles.get(asset_id)} color="error" said={<>{t("bulk.refused")}: <Why line groups="refused" code={code} text={detail} /></>} />
        ))}
        {done.edited.map((one) => (
          <Row key={one.asset_id} id={one.asset_id} title={titles.get(one.asset_id)} said={one.changed ? t("bulk.changed") : t("bulk.same")} color={one.changed ? "success" : "default"} />
        ))}
      </Box>
    </DialogContent>
  );
}

function Row({ id, title, said, color }: { id: string; title: string | undefined; said: ReactNode; color: "error" | "success" | "default" }) {
  return (
    <Box component="li" sx={{ display: "flex", alignItems: "center", gap: 1, minHeight: 36, borderBottom: 1, borderColor: "divider", flexWrap: "wrap" }}>
      <PageLink to="/assets/$id" params={{ id }} target="_blank" sx={{ flex: 1, minWidth: 120, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
        {title ?? id}
      </PageLink>
      <Chip label={said} color={color} variant="outlined" sx={{ height: "auto", minHeight: 22, "& .MuiChip-label": { whiteSpace: "normal" } }} />
    </Box>
  );
}
