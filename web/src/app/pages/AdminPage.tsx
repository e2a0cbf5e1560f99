import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "~/api/useMe";
import { Loading } from "~/components/Loading";
import { PageLink } from "~/components/PageLink";
import { useTitle } from "~/components/useTitle";

const SECTIONS = {
  state: lazy(() => import("~/features/admin/state/PlatformState").then((module) => ({ default: module.PlatformState }))),
  jobs: lazy(() => import("~/features/admin/jobs/JobList").then((module) => ({ default: module.JobList }))),
  projects: lazy(() => import("~/features/admin/projects/ProjectList").then((module) => ({ default: module.ProjectList }))),
  channels: lazy(() => import("~/features/admin/channels/ChannelList").then((module) => ({ default: module.ChannelList }))),
  rules: lazy(() => import("~/features/admin/rules/RuleList").then((module) => ({ default: module.RuleList }))),
  letters: lazy(() => import("~/features/admin/letters/DeadLetters").then((module) => ({ default: module.DeadLetters }))),
  audit: lazy(() => import("~/features/admin/audit/Audit").then((module) => ({ default: module.Audit }))),
} as const;
type SectionName = keyof typeof SECTIONS;
const NAMES = Object.keys(SECTIONS) as SectionName[];

/** Where the sections are a row, the one that is open may be beyond its edge. */
const bringIntoView = (link: HTMLAnchorElement | null) => link?.scrollIntoView({ block: "nearest", inline: "center" });

/** For whoever runs the platform: one section at a time, each with an address. */
export function AdminPage() {
  const { t } = useTranslation("admin");
  const { t: page } = useTranslation();
  const { section } = useParams({ strict: false });
  const me = useMe();
  const name = NAMES.find((known) => known === section) ?? "state";
  const Shown = SECTIONS[name];
  useTitle(`${t(`section.${name}`)} · ${page("nav.admin")}`);
  if (!me.data?.actions.includes("operate")) {
    return (
      <Box sx={{ maxWidth: 640, mx: "auto", p: 3, display: "grid", gap: 2 }}>
        <Typography variant="h1">{page("nav.admin")}</Typography>
        <Alert severity="info">{t("notYours")}</Alert>
      </Box>
    );
  }
  return (
    <Box sx={{ display: "flex", flexDirection: { xs: "column", md: "row" }, height: "100%", minHeight: 0 }}>
      <Box
        component="nav"
        aria-label={page("nav.admin")}
        sx={{
          display: "flex",
          flexDirection: { xs: "row", md: "column" },
          flexShrink: 0,
          gap: 0.25,
          width: { md: 210 },
          p: { xs: 1, md: 1.5 },
          overflowX: "auto",
          borderStyle: "solid",
          borderWidth: { xs: "0 0 1px", md: "0 1px 0 0" },
          borderColor: "divider",
          bgcolor: "background.paper",
        }}
      >
        {NAMES.map((known) => (
          <PageLink
            key={known}
            to="/admin/$section"
            params={{ section: known }}
            underline="none"
            aria-current={known === name ? "page" : undefined}
            ref={known === name ? bringIntoView : undefined}
            sx={{
              px: 1.25,
              py: 0.75,
              borderRadius: 1,
              whiteSpace: "nowrap",
              fontSize: "0.8125rem",
              fontWeight: 600,
              color: "text.primary",
              "&:hover": { bgcolor: "action.hover" },
              "&[aria-current=page]": { bgcolor: "action.selected" },
            }}
          >
            {t(`section.${known}`)}
          </PageLink>
        ))}
      </Box>
      <Box sx={{ position: "relative", flex: 1, minWidth: 0, overflowY: "auto" }}>
        <Box sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 2, maxWidth: 1400, p: { xs: 1.5, sm: 3 } }}>
          <Typography variant="h1">{page("nav.admin")}</Typography>
          <Suspense fallback={<Loading />}>
            <Shown key={name} />
          </Suspense>
        </Box>
      </Box>
    </Box>
  );
}
