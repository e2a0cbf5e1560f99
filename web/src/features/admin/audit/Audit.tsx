import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjectName } from "~/api/useProjects";
import { Fault } from "~/components/Fault";
import { PageLink } from "~/components/PageLink";
import { useFormat } from "~/format/useFormat";
import { MONOSPACE } from "~/theme/theme";

import { Listed } from "../parts/Listed";
import { Section } from "../parts/Section";
import { Side } from "../parts/Side";
import { Table } from "../parts/Table";
import { useAddressed } from "../parts/useAddressed";
import { AuditFilters } from "./AuditFilters";
import { NAMES, ofAddress, toAddress } from "./filter";
import { useAudit, useExport, useVerify, type AuditRow } from "./useAudit";

/** Who did what to which asset, when, from where, with what result; and whether the log is as it was sealed. */
export function Audit() {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const project = useProjectName();
  const [said, say] = useAddressed(NAMES);
  const filter = ofAddress(said);
  const [open, setOpen] = useState<AuditRow | null>(null);
  const log = useAudit(filter);
  const save = useExport();
  const verify = useVerify();
  const fault = save.error ?? verify.error;
  return (
    <Section
      title={t("audit.title")}
      tools={
        <Box sx={{ display: "flex", gap: 1, flexWrap: "wrap", ml: "auto" }}>
          <Button variant="outlined" disabled={verify.isPending} onClick={() => verify.mutate()}>
            {t("audit.verify")}
          </Button>
          <Button variant="outlined" disabled={save.isPending} onClick={() => save.mutate({ filter, format: "csv" })}>
            {t("audit.csv")}
          </Button>
          <Button variant="outlined" disabled={save.isPending} onClick={() => save.mutate({ filter, format: "jsonl" })}>
            {t("audit.jsonl")}
          </Button>
        </Box>
      }
    >
      <AuditFilters filter={filter} onSearch={(next) => say(toAddress(next))} />
      {fault !== null && <Fault fault={fault} />}
      {verify.data && (
        <Alert severity={verify.data.whole ? "success" : "error"} variant="outlined" role="status" sx={{ overflowWrap: "anywhere" }}>
          {verify.data.whole ? t("audit.whole", { rows: format.count(verify.data.rows), seals: format.count(verify.data.seals) }) : t("audit.broken", { seal: verify.data.broken_seal ?? "?" })}
          {verify.data.head && (
            <Box sx={{ fontSize: "0.75rem", mt: 0.5 }}>
              {t("audit.head")} <code>{verify.data.head}</code>
            </Box>
          )}
        </Alert>
      )}
      <Listed list={log} none={t("audit.none")}>
        {(rows) => (
          <Table label={t("audit.title")} columns={[t("audit.when"), t("audit.who"), t("audit.what"), t("project"), t("audit.asset"), t("audit.result"), t("audit.from")]}>
            {rows.map((row) => (
              <tr key={row.id}>
                <Box component="td" sx={{ whiteSpace: "nowrap" }}>
                  {format.moment(row.at)}
                </Box>
                <Box component="td" sx={{ overflowWrap: "anywhere", minWidth: 120 }}>
                  {row.who}
                </Box>
                <td>
                  <Button onClick={() => setOpen(row)} sx={{ p: 0, minWidth: 0, textAlign: "left", fontWeight: 500 }}>
                    {row.what}
                  </Button>
                </td>
                <td>{row.project_id && project(row.project_id)}</td>
                <td>
                  {row.asset_id && (
                    <PageLink to="/assets/$id" params={{ id: row.asset_id }}>
                      {row.asset_id.slice(0, 8)}
                    </PageLink>
                  )}
                </td>
                <Box component="td" sx={{ color: row.result === "denied" ? "error.main" : "inherit" }}>
                  {row.result === "denied" ? t("audit.denied") : row.result === "done" ? t("audit.done") : row.result}
                </Box>
                <td>{row.from_where}</td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      <Side title={open?.what ?? ""} open={open !== null} onClose={() => setOpen(null)}>
        <Box component="pre" tabIndex={0} sx={{ m: 0, p: 2, overflow: "auto", fontFamily: MONOSPACE, fontSize: "0.75rem", border: 1, borderColor: "divider", borderRadius: 1 }}>
          {JSON.stringify(open, null, 2)}
        </Box>
      </Side>
    </Section>
  );
}
