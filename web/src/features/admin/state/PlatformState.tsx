import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { useFormat } from "~/format/useFormat";

import { knownKind } from "../jobs/kinds";
import { Section } from "../parts/Section";
import { Table } from "../parts/Table";
import { useIndexes, usePlatform } from "./usePlatform";

const NUMBERS = ["open_jobs", "processing_assets", "open_uploads", "dead_letters", "unsent_events", "nudges_last_hour", "to_purge"] as const;
/** What should be nothing, and is worth a look when it is not. */
const ALARMING = new Set<string>(["dead_letters"]);

/** What waits anywhere, the indexes, the models, and what was asked for again. */
export function PlatformState() {
  const { t } = useTranslation("admin");
  const { t: page } = useTranslation();
  const format = useFormat();
  const platform = usePlatform();
  if (platform.isPending) return <Loading />;
  if (platform.isError) return <Fault fault={platform.error} retry={() => void platform.refetch()} />;
  const state = platform.data;
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 4 }}>
      <Section title={t("state.waits")}>
        <Box component="dl" sx={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(132px, 1fr))", gap: 1.5, m: 0 }}>
          {NUMBERS.map((name) => (
            <Box key={name} sx={{ display: "flex", flexDirection: "column-reverse", justifyContent: "flex-end", p: 1.5, border: 1, borderColor: "divider", borderRadius: 1, bgcolor: "background.paper" }}>
              <Box component="dt" sx={{ fontSize: "0.75rem", color: "text.secondary" }}>
                {t(`state.${name}`)}
              </Box>
              <Box component="dd" sx={{ m: 0, fontSize: "1.5rem", fontWeight: 650, color: ALARMING.has(name) && state[name] > 0 ? "error.main" : "text.primary" }}>
                {format.count(state[name])}
              </Box>
            </Box>
          ))}
        </Box>
        <Typography variant="body2" sx={{ color: "text.secondary" }}>
          {state.audit_sealed_at ? t("state.sealed", { when: format.moment(state.audit_sealed_at) }) : t("state.notSealed")}
        </Typography>
      </Section>
      <Indexes />
      <Section title={t("steps.title")}>
        <Table label={t("steps.title")} columns={[t("steps.step"), t("steps.model"), t("steps.open"), t("steps.done"), t("steps.failed"), t("steps.last")]}>
          {state.steps.map((step) => {
            const known = knownKind(step.kind);
            return (
            <tr key={step.kind}>
              <td>{known ? page(`job.kind.${known}`) : step.kind}</td>
              <td>{step.model ?? "–"}</td>
              <td>{format.count(step.open)}</td>
              <td>{format.count(step.done)}</td>
              <Box component="td" sx={{ color: step.failed > 0 ? "error.main" : "inherit" }}>
                {format.count(step.failed)}
              </Box>
              <td>{step.last_done_at ? format.moment(step.last_done_at) : "–"}</td>
            </tr>
            );
          })}
        </Table>
      </Section>
      {state.nudges.length > 0 && (
        <Section title={t("nudges.title")}>
          <Table label={t("nudges.title")} columns={[t("nudges.when"), t("nudges.what"), t("nudges.times")]}>
            {state.nudges.map((nudge) => (
              <tr key={`${nudge.what} ${nudge.at}`}>
                <td>{format.moment(nudge.at)}</td>
                <Box component="td" sx={{ overflowWrap: "anywhere" }}>
                  {nudge.what}
                </Box>
                <td>{nudge.times}</td>
              </tr>
            ))}
          </Table>
        </Section>
      )}
    </Box>
  );
}

function Indexes() {
  const { t } = useTranslation("admin");
  const format = useFormat();
  const indexes = useIndexes();
  return (
    <Section title={t("indexes.title")}>
      {indexes.isPending && <Loading />}
      {indexes.isError && <Fault fault={indexes.error} retry={() => void indexes.refetch()} />}
      {indexes.data && (
        <>
          <Table label={t("indexes.title")} columns={[t("indexes.engine"), t("indexes.version"), t("indexes.readUntil"), t("indexes.unread"), t("indexes.refused")]}>
            {indexes.data.engines.map((index) => (
              <tr key={index.engine}>
                <td>{index.engine}</td>
                <td>
                  {index.version ?? "–"}
                  {index.building.length > 0 && ` · ${t("indexes.building", { versions: index.building.join(", ") })}`}
                  {index.kept.length > 0 && ` · ${t("indexes.kept", { versions: index.kept.join(", ") })}`}
                </td>
                <td>{index.read_until ? format.moment(index.read_until) : "–"}</td>
                <td>{format.count(index.unread)}</td>
                <Box component="td" sx={{ color: index.refused > 0 ? "error.main" : "inherit" }}>
                  {format.count(index.refused)}
                </Box>
              </tr>
            ))}
          </Table>
          <Typography variant="body2" sx={{ color: "text.secondary" }}>
            {indexes.data.meaning_model ? t("indexes.meaning", { model: indexes.data.meaning_model }) : t("indexes.noMeaning")}
          </Typography>
        </>
      )}
    </Section>
  );
}
