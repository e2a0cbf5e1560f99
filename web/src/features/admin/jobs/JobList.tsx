import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import { useTranslation } from "react-i18next";

import { useProjectName, useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { PageLink } from "~/components/PageLink";
import { Why } from "~/components/Why";
import { useFormat } from "~/format/useFormat";

import { Choice } from "../parts/Choice";
import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Table } from "../parts/Table";
import { oneOf } from "../parts/addressed";
import { useAddressed } from "../parts/useAddressed";
import { JOB_KINDS, knownKind } from "./kinds";
import { isOpen, useCancelJob, useJobs, type JobFilter } from "./useJobs";

const STATES = ["queued", "running", "done", "failed", "cancelled"] as const;
const FILTERS = ["state", "kind", "project"] as const;

/** Everything that functions work on, how far it is, and the way to stop it. */
export function JobList() {
  const { t } = useTranslation("admin");
  const { t: page } = useTranslation();
  const format = useFormat();
  const projects = useProjects();
  const project = useProjectName();
  const [said, say] = useAddressed(FILTERS);
  const filter: JobFilter = { state: oneOf(said.state, STATES), kind: said.kind || null, project: said.project || null };
  const jobs = useJobs(filter);
  const cancel = useCancelJob();
  const kindOf = (kind: string): string => {
    const known = knownKind(kind);
    return known ? page(`job.kind.${known}`) : kind;
  };
  return (
    <Section
      title={t("jobs.title")}
      tools={
        <>
          <Choice
            label={t("jobs.state")}
            value={filter.state ?? ""}
            options={[["", t("jobs.anyState")], ...STATES.map((name) => [name, page(`job.state.${name}`)] as const)]}
            onChange={(state) => say({ state })}
          />
          <Choice
            label={t("jobs.kind")}
            value={filter.kind ?? ""}
            options={[["", t("jobs.anyKind")], ...JOB_KINDS.map((name) => [name, page(`job.kind.${name}`)] as const)]}
            onChange={(kind) => say({ kind })}
          />
          <Choice
            label={t("project")}
            value={filter.project ?? ""}
            options={[["", t("anyProject")], ...(projects.data ?? []).map(({ id, name }) => [id, name] as const)]}
            onChange={(chosen) => say({ project: chosen })}
          />
        </>
      }
    >
      {cancel.isError && <Fault fault={cancel.error} />}
      <Listed list={jobs} none={t("jobs.none")}>
        {(items) => (
          <Table label={t("jobs.title")} columns={[t("jobs.kind"), t("jobs.asset"), t("project"), t("jobs.state"), t("jobs.since"), t("action")]}>
            {items.map((job) => (
              <tr key={job.id}>
                <td>{kindOf(job.kind)}</td>
                <td>
                  <PageLink to="/assets/$id" params={{ id: job.asset_id }} sx={{ whiteSpace: "nowrap" }}>
                    {job.asset_id.slice(0, 8)}
                  </PageLink>
                </td>
                <td>{project(job.project_id)}</td>
                <Box component="td" sx={{ minWidth: 150, maxWidth: 360 }}>
                  <Box component="span" sx={{ color: job.state === "failed" ? "error.main" : "inherit" }}>
                    {job.cancel_requested && isOpen(job) ? page("job.cancelling") : page(`job.state.${job.state}`)}
                    {job.state === "running" && ` · ${format.share(job.progress)}`}
                  </Box>
                  {job.state === "running" && <LinearProgress variant="determinate" value={job.progress * 100} aria-label={`${kindOf(job.kind)} ${job.asset_id.slice(0, 8)}`} />}
                  {job.reason && (
                    <Box sx={{ fontSize: "0.75rem", color: "text.secondary", overflowWrap: "anywhere" }}>
                      <Why groups="file" code={job.reason_code} text={job.reason} />
                    </Box>
                  )}
                </Box>
                <Box component="td" sx={{ whiteSpace: "nowrap" }}>
                  {format.moment(job.created_at)}
                </Box>
                <td>
                  {isOpen(job) && (
                    <Button
                      color="inherit"
                      variant="outlined"
                      disabled={job.cancel_requested || cancel.isPending}
                      aria-label={page("job.cancelOf", { name: `${kindOf(job.kind)} ${job.asset_id.slice(0, 8)}` })}
                      onClick={() => cancel.mutate(job.id)}
                    >
                      {page("job.cancel")}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
    </Section>
  );
}
