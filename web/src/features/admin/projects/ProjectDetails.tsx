import Box from "@mui/material/Box";
import LinearProgress from "@mui/material/LinearProgress";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Project } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { useFormat } from "~/format/useFormat";

import { Form } from "../parts/Form";
import { Members } from "./Members";
import { GIGABYTE } from "./quota";
import { useProject, useProjectChanges } from "./useProjectAdmin";

export function ProjectDetails({ id }: { id: string }) {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const project = useProject(id);
  if (project.isPending) return <Loading />;
  if (project.isError) return <Fault fault={project.error} retry={() => void project.refetch()} />;
  const { usage_bytes: used, quota_bytes: quota } = project.data;
  return (
    <>
      <Box>
        <Box sx={{ fontSize: "0.8125rem", mb: 0.5 }}>{t("projects.used", { used: format.bytes(used), quota: format.bytes(quota) })}</Box>
        <LinearProgress variant="determinate" color={used > quota ? "error" : "primary"} value={Math.min(100, (used / quota) * 100)} aria-label={t("projects.usage")} />
      </Box>
      <Edit project={project.data} />
      <Members project={id} />
    </>
  );
}

function Edit({ project }: { project: Project }) {
  const { t } = useTranslation("admin");
  const { edit } = useProjectChanges();
  const [name, setName] = useState(project.name);
  const before = String(Math.round((project.quota_bytes / GIGABYTE) * 1000) / 1000);
  const [quota, setQuota] = useState(before);
  return (
    <Form
      submit={t("save")}
      busy={edit.isPending}
      fault={edit.error}
      onSubmit={() => edit.mutate({ project: project.id, name, quota_bytes: quota === before ? project.quota_bytes : Math.round(Number(quota) * GIGABYTE) })}
    >
      <TextField required label={t("name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      <TextField
        required
        type="number"
        label={t("projects.quotaGb")}
        helperText={t("projects.quotaHint")}
        value={quota}
        onChange={(event) => setQuota(event.target.value)}
        slotProps={{ htmlInput: { min: 0.001, step: "any" } }}
      />
    </Form>
  );
}
