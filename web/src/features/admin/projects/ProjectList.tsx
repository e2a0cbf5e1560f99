import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "~/format/useFormat";

import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Side } from "../parts/Side";
import { Table } from "../parts/Table";
import { NewProject } from "./NewProject";
import { ProjectDetails } from "./ProjectDetails";
import { useProjectPages } from "./useProjectAdmin";

/** Projects, what they may hold, and who belongs to them. */
export function ProjectList() {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const projects = useProjectPages();
  const [open, setOpen] = useState<string | null>(null);
  const [making, setMaking] = useState(false);
  return (
    <Section
      title={t("projects.title")}
      tools={
        <Button variant="outlined" onClick={() => setMaking(true)}>
          {t("projects.new")}
        </Button>
      }
    >
      <Listed list={projects} none={t("projects.none")}>
        {(items) => (
          <Table label={t("projects.title")} columns={[t("name"), t("id"), t("projects.quota"), t("projects.since")]}>
            {items.map((project) => (
              <tr key={project.id}>
                <td>
                  <Button onClick={() => setOpen(project.id)} sx={{ p: 0, minWidth: 0, textAlign: "left" }}>
                    {project.name}
                  </Button>
                </td>
                <td>{project.id}</td>
                <td>{format.bytes(project.quota_bytes)}</td>
                <td>{format.day(project.created_at)}</td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      <Side title={open ?? ""} open={open !== null} onClose={() => setOpen(null)}>
        {open !== null && <ProjectDetails key={open} id={open} />}
      </Side>
      <Side title={t("projects.new")} open={making} onClose={() => setMaking(false)}>
        <NewProject
          onMade={(id) => {
            setMaking(false);
            setOpen(id);
          }}
        />
      </Side>
    </Section>
  );
}
