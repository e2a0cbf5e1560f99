import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useProjects } from "~/api/useProjects";

import type { AuditFilter } from "./filter";

const UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const SELECT = { select: { native: true }, inputLabel: { shrink: true } } as const;

/** Looked for when it is asked for: each look is in the log, too. */
export function AuditFilters({ filter: shown, onSearch }: { filter: AuditFilter; onSearch: (filter: AuditFilter) => void }) {
  const { t } = useTranslation("admin");
  const projects = useProjects();
  const [filter, setFilter] = useState(shown);
  const [before, setBefore] = useState(shown);
  // the back button: the form shows what the list does
  if (JSON.stringify(shown) !== JSON.stringify(before)) {
    setBefore(shown);
    setFilter(shown);
  }
  const set = (changed: Partial<AuditFilter>) => setFilter({ ...filter, ...changed });
  return (
    <Box
      component="form"
      role="search"
      aria-label={t("audit.title")}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch({ ...filter, who: filter.who.trim(), what: filter.what.trim(), asset: filter.asset.trim() });
      }}
      sx={{ display: "grid", gridTemplateColumns: { xs: "1fr 1fr", sm: "repeat(auto-fill, minmax(190px, 1fr))" }, gap: 1.5, alignItems: "start" }}
    >
      <TextField label={t("audit.who")} placeholder="user:…" value={filter.who} onChange={(event) => set({ who: event.target.value })} />
      <TextField label={t("audit.what")} placeholder="download" value={filter.what} onChange={(event) => set({ what: event.target.value })} />
      <TextField label={t("audit.asset")} value={filter.asset} onChange={(event) => set({ asset: event.target.value })} slotProps={{ htmlInput: { pattern: `\\s*${UUID}\\s*`, spellCheck: false } }} />
      <TextField select label={t("project")} value={filter.project} onChange={(event) => set({ project: event.target.value })} slotProps={SELECT}>
        <option value="">{t("anyProject")}</option>
        {/* out of an address, before the projects are known, or one that is not among them: a select shows nothing else than an option */}
        {filter.project && !projects.data?.some(({ id }) => id === filter.project) && <option value={filter.project}>{filter.project}</option>}
        {projects.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </TextField>
      <TextField select label={t("audit.result")} value={filter.result} onChange={(event) => set({ result: event.target.value as AuditFilter["result"] })} slotProps={SELECT}>
        <option value="">{t("audit.anyResult")}</option>
        <option value="done">{t("audit.done")}</option>
        <option value="denied">{t("audit.denied")}</option>
      </TextField>
      <TextField type="datetime-local" label={t("audit.since")} value={filter.since} onChange={(event) => set({ since: event.target.value })} slotProps={{ inputLabel: { shrink: true } }} />
      <TextField type="datetime-local" label={t("audit.until")} value={filter.until} onChange={(event) => set({ until: event.target.value })} slotProps={{ inputLabel: { shrink: true } }} />
      <Button type="submit" variant="contained" sx={{ justifySelf: "start", minHeight: 36 }}>
        {t("audit.search")}
      </Button>
    </Box>
  );
}
