import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjects } from "~/api/useProjects";
import { Fault } from "~/components/Fault";

import { Choice } from "../parts/Choice";
import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Side } from "../parts/Side";
import { Table } from "../parts/Table";
import { useAddressed } from "../parts/useAddressed";
import { DryRun } from "./DryRun";
import { RuleForm } from "./RuleForm";
import { ruleSetOf, useRuleChanges, useRules, type Rule } from "./useRules";

type Open = { what: "new" } | { what: "edit" | "dry"; rule: Rule };

/** What is published by itself. A rule is written switched off: it is switched on from its dry run, and nowhere else. */
export function RuleList() {
  const { t } = useTranslation("admin");
  const { t: page } = useTranslation();
  const projects = useProjects();
  const [{ project: chosen }, say] = useAddressed(["project"]);
  const project = chosen || (projects.data?.[0]?.id ?? null);
  const rules = useRules(project);
  const { save, remove } = useRuleChanges();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const title = open === null ? "" : open.what === "new" ? t("rules.new") : open.what === "dry" ? t("rules.dryOf", { name: open.rule.name }) : open.rule.name;
  const fault = save.error ?? remove.error;
  return (
    <Section
      title={t("rules.title")}
      tools={
        <>
          <Choice label={t("project")} value={project ?? ""} options={(projects.data ?? []).map(({ id, name }) => [id, name] as const)} onChange={(next) => say({ project: next })} />
          <Button variant="outlined" disabled={project === null} onClick={() => setOpen({ what: "new" })}>
            {t("rules.new")}
          </Button>
        </>
      }
    >
      {fault !== null && <Fault fault={fault} />}
      <Listed list={rules} none={t("rules.none")}>
        {(items) => (
          <Table label={t("rules.title")} columns={[t("name"), t("rules.what"), t("rules.channel"), t("rules.state"), t("action")]}>
            {items.map((rule) => (
              <tr key={rule.id}>
                <td>
                  <Button onClick={() => setOpen({ what: "edit", rule })} sx={{ p: 0, minWidth: 0, textAlign: "left" }}>
                    {rule.name}
                  </Button>
                </td>
                <td>{[rule.kind ? page(`kind.${rule.kind}`) : t("rules.anyKind"), rule.tag && t("rules.tagged", { tag: rule.tag })].filter(Boolean).join(" · ")}</td>
                <td>{[rule.channel_id, rule.profile].filter(Boolean).join(" · ")}</td>
                <Box component="td" sx={{ color: rule.enabled ? "success.main" : "text.secondary" }}>
                  {rule.enabled ? t("rules.on") : t("rules.off")}
                </Box>
                <td>
                  <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap" }}>
                    <Button variant="outlined" onClick={() => setOpen({ what: "dry", rule })} aria-label={t("rules.dryOf", { name: rule.name })}>
                      {t("rules.dry")}
                    </Button>
                    {rule.enabled && (
                      <Button color="inherit" disabled={save.isPending} onClick={() => save.mutate(ruleSetOf(rule, false))} aria-label={t("rules.switchOffOf", { name: rule.name })}>
                        {t("rules.switchOff")}
                      </Button>
                    )}
                    {!rule.enabled && (
                      <Button color="error" disabled={remove.isPending} onClick={() => remove.mutate(rule.id)} aria-label={t("rules.deleteOf", { name: rule.name })}>
                        {page("delete.button")}
                      </Button>
                    )}
                  </Box>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      <Side title={title} open={open !== null} onClose={close}>
        {open?.what === "dry" && <DryRun key={open.rule.id} rule={open.rule} onDone={close} />}
        {open && open.what !== "dry" && project !== null && (
          <RuleForm rule={open.what === "edit" ? open.rule : null} project={project} onSaved={(rule) => setOpen({ what: "dry", rule })} />
        )}
      </Side>
    </Section>
  );
}
