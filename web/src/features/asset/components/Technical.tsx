import Box from "@mui/material/Box";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { useProjectName } from "~/api/useProjects";
import { PageLink } from "~/components/PageLink";
import { clockTenths } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";
import { MONOSPACE } from "~/theme/theme";

const HIDDEN = new Set(["received", "duration_s", "size_bytes"]);
const MAX_ROWS = 80;

/** What the file is, as it was found: for people, then everything the probe said. */
export function Technical({ asset }: { asset: Asset }) {
  const { t } = useTranslation();
  const format = useFormat();
  const project = useProjectName();
  const known: [string, React.ReactNode][] = [
    [t("technical.project"), project(asset.project_id)],
    [t("technical.owner"), asset.owner.replace(/^user:/, "")],
    [t("technical.created"), format.moment(asset.created_at)],
    [t("technical.changed"), `${format.moment(asset.updated_at)} · v${asset.version}`],
    ...(asset.size_bytes === null ? [] : [[t("technical.size"), format.bytes(asset.size_bytes)] as [string, string]]),
    ...(asset.duration_s === null ? [] : [[t("technical.duration"), clockTenths(asset.duration_s)] as [string, string]]),
    ["SHA-256", asset.sha256 && <code key="sha">{asset.sha256}</code>],
    ["ID", <code key="id">{asset.id}</code>],
  ];
  if (asset.duplicate_of) {
    known.push([
      t("technical.duplicate"),
      <PageLink key="duplicate" to="/assets/$id" params={{ id: asset.duplicate_of }}>
        {t("technical.duplicateOf")}
      </PageLink>,
    ]);
  }
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      <Pairs pairs={known.filter(([, value]) => value !== null && value !== "")} />
      <Pairs pairs={flatten(asset.technical).slice(0, MAX_ROWS)} mono />
      {Object.keys(asset.embedded).length > 0 && <Pairs pairs={flatten(asset.embedded).slice(0, MAX_ROWS)} mono />}
    </Box>
  );
}

function Pairs({ pairs, mono = false }: { pairs: [string, React.ReactNode][]; mono?: boolean }) {
  return (
    <Box
      component="dl"
      sx={{ display: "grid", gridTemplateColumns: "minmax(120px, auto) 1fr", columnGap: 2, rowGap: 0.5, m: 0, fontSize: "0.8125rem", "& dt": { color: "text.secondary" }, "& dd, & code": { m: 0, overflowWrap: "anywhere", fontSize: "0.75rem", fontFamily: mono ? MONOSPACE : undefined } }}
    >
      {pairs.map(([name, value]) => (
        <Box key={name} sx={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Box>
      ))}
    </Box>
  );
}

/** Nested facts as `video.codec` → `h264`. */
function flatten(value: unknown, path = ""): [string, string][] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [[path, String(value)]];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => (path === "" && HIDDEN.has(name) ? [] : flatten(inner, path ? `${path}.${name}` : name)));
}
