import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import NativeSelect from "@mui/material/NativeSelect";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { AssetSummary } from "~/api/client";
import { useMe } from "~/api/useMe";
import { useProjectName } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";
import { PageLink } from "~/components/PageLink";
import { Status } from "~/components/Status";
import { Thumbnail } from "~/components/Thumbnail";
import { useReasonText } from "~/components/useReason";
import { useFormat } from "~/format/useFormat";

import { useRecent, type Shown } from "./useRecent";

const STATUSES = ["uploading", "processing", "ready", "error", "rejected"] as const;

/** What came in lately, and how far it is. */
export function ActivityView() {
  const { t } = useTranslation();
  const format = useFormat();
  const reasonText = useReasonText();
  const project = useProjectName();
  const me = useMe();
  const [shown, setShown] = useState<Shown>("mine");
  const [status, setStatus] = useState<AssetSummary["status"] | null>(null);
  const recent = useRecent(shown === "mine" ? `user:${me.data?.subject ?? ""}` : null, status);
  const items = recent.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 2, flexWrap: "wrap" }}>
        <ToggleButtonGroup exclusive size="small" value={shown} aria-label={t("activity.whose")} onChange={(_, chosen: Shown | null) => chosen && setShown(chosen)}>
          <ToggleButton value="mine">{t("activity.mine")}</ToggleButton>
          <ToggleButton value="all">{t("activity.all")}</ToggleButton>
        </ToggleButtonGroup>
        <NativeSelect
          value={status ?? ""}
          onChange={(event) => setStatus(STATUSES.find((known) => known === event.target.value) ?? null)}
          inputProps={{ "aria-label": t("activity.status") }}
          sx={{ fontSize: "0.8125rem" }}
        >
          <option value="">{t("activity.every")}</option>
          {STATUSES.map((name) => (
            <option key={name} value={name}>
              {t(`status.${name}`)}
            </option>
          ))}
        </NativeSelect>
      </Box>
      {recent.isPending && <Loading />}
      {recent.isError && <Fault fault={recent.error} retry={() => void recent.refetch()} />}
      {recent.data && items.length === 0 && <Nothing title={t("activity.none")}>{t("activity.noneWhy")}</Nothing>}
      <Box component="ul" aria-label={t("nav.activity")} sx={{ listStyle: "none", m: 0, p: 0, display: "grid", gap: 0.25 }}>
        {items.map((asset) => (
          <Box component="li" key={asset.id} sx={{ display: "flex", alignItems: "center", gap: 1.5, p: 0.75, borderRadius: 1, contentVisibility: "auto", "&:hover": { bgcolor: "action.hover" } }}>
            <Box sx={{ width: 88, flexShrink: 0 }}>
              <Thumbnail url={asset.thumbnail_url ?? undefined} kind={asset.kind} duration={asset.duration_s} />
            </Box>
            <Box sx={{ flex: 1, minWidth: 0 }}>
              <PageLink
                to="/assets/$id"
                params={{ id: asset.id }}
                color="inherit"
                sx={{ display: "block", fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}
              >
                {typeof asset.metadata.title === "string" && asset.metadata.title ? asset.metadata.title : asset.name}
              </PageLink>
              <Box sx={{ fontSize: "0.75rem", color: "text.secondary", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
                {[project(asset.project_id), format.moment(asset.created_at), asset.size_bytes !== null && format.bytes(asset.size_bytes), reasonText("file", { code: asset.reason_code, text: asset.reason })]
                  .filter(Boolean)
                  .join(" · ")}
              </Box>
            </Box>
            <Status status={asset.status} />
          </Box>
        ))}
      </Box>
      {recent.hasNextPage && (
        <Button disabled={recent.isFetchingNextPage} onClick={() => void recent.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </Box>
  );
}
