import DownloadIcon from "@mui/icons-material/DownloadOutlined";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useTranslation } from "react-i18next";

import type { Asset, Rendition } from "~/api/client";
import { Fault } from "~/components/Fault";
import { useProfileName } from "~/components/useProfileName";
import { useFormat } from "~/format/useFormat";

import { useAssetActions } from "../api/useAsset";

const PLAYED = /mpegurl|dash/i;

/** The master and everything that was made of it, each with its size and a way to take it home. */
export function Renditions({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { download } = useAssetActions(asset.id);
  const may = asset.actions.includes("download");
  const name = useProfileName();
  return (
    <Box>
      {download.isError && <Fault fault={download.error} />}
      <Box component="table" sx={{ width: "100%", borderCollapse: "collapse", fontSize: "0.8125rem", "& th, & td": { textAlign: "left", py: 0.75, pr: 1.5, borderBottom: 1, borderColor: "divider" } }}>
        <Box component="thead" sx={{ color: "text.secondary", fontSize: "0.75rem" }}>
          <tr>
            <th scope="col">{t("rendition.what")}</th>
            <Box component="th" scope="col" sx={{ display: { xs: "none", sm: "table-cell" } }}>
              {t("rendition.format")}
            </Box>
            <th scope="col">{t("rendition.size")}</th>
            <th scope="col">
              <Box component="span" sx={{ position: "absolute", clipPath: "inset(50%)" }}>
                {t("rendition.download")}
              </Box>
            </th>
          </tr>
        </Box>
        <tbody>
          {asset.sha256 && <Row name={t("profile.master")} profile="master" type={asset.mime_type} size={asset.size_bytes} status="ready" />}
          {asset.renditions.map((known) => (
            <Row key={known.profile} name={name(known.profile)} profile={known.profile} type={typeOf(known)} size={known.size_bytes} status={known.status} />
          ))}
        </tbody>
      </Box>
    </Box>
  );

  function Row({ name, profile, type, size, status }: { name: string; profile: string; type: string | null; size: number | null; status: Rendition["status"] }) {
    return (
      <tr>
        <td>
          {name}
          <Box sx={{ display: { xs: "block", sm: "none" }, color: "text.secondary", fontSize: "0.75rem", overflowWrap: "anywhere" }}>{type}</Box>
          {status !== "ready" && <Box sx={{ color: "text.secondary", fontSize: "0.75rem" }}>{t(`rendition.status.${status}`)}</Box>}
        </td>
        <Box component="td" sx={{ color: "text.secondary", display: { xs: "none", sm: "table-cell" } }}>
          {type}
        </Box>
        <Box component="td" sx={{ whiteSpace: "nowrap" }}>
          {size === null ? "" : format.bytes(size)}
        </Box>
        <Box component="td" sx={{ textAlign: "right !important", pr: "0 !important" }}>
          {may && status === "ready" && !PLAYED.test(type ?? "") && (
            <Button startIcon={<DownloadIcon />} disabled={download.isPending} onClick={() => download.mutate(profile)} aria-label={t("rendition.downloadOf", { name })}>
              {t("rendition.download")}
            </Button>
          )}
        </Box>
      </tr>
    );
  }
}

function typeOf({ mime_type: type, detail }: Rendition): string {
  const { width, height } = detail as { width?: unknown; height?: unknown };
  const size = typeof width === "number" && typeof height === "number" ? ` · ${width} × ${height}` : "";
  return `${type ?? ""}${size}`;
}
