import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";

import { Choice } from "../parts/Choice";
import { Form } from "../parts/Form";
import { Listed } from "../parts/Listed";
import { useMembers, useProjectChanges } from "./useProjectAdmin";

/** People and groups live with the identity provider: a project only names them. */
export function Members({ project }: { project: string }) {
  const { t } = useTranslation("admin");
  const members = useMembers(project);
  const { admit, dismiss } = useProjectChanges();
  const [kind, setKind] = useState("group");
  const [name, setName] = useState("");
  return (
    <Box component="section" sx={{ display: "grid", gap: 1.5 }}>
      <Typography variant="h3">{t("members.title")}</Typography>
      {dismiss.isError && <Fault fault={dismiss.error} />}
      <Listed inner list={members} none={t("members.none")}>
        {(items) => (
          <Box component="ul" aria-label={t("members.title")} sx={{ listStyle: "none", m: 0, p: 0 }}>
            {items.map(({ principal }) => (
              <Box component="li" key={principal} sx={{ display: "flex", alignItems: "center", gap: 1, borderBottom: 1, borderColor: "divider", py: 0.5 }}>
                <Box sx={{ flex: 1, overflowWrap: "anywhere" }}>{principal}</Box>
                <Button color="error" disabled={dismiss.isPending} aria-label={t("members.removeOf", { name: principal })} onClick={() => dismiss.mutate({ project, principal })}>
                  {t("members.remove")}
                </Button>
              </Box>
            ))}
          </Box>
        )}
      </Listed>
      <Form submit={t("members.add")} busy={admit.isPending} fault={admit.error} onSubmit={() => admit.mutate({ project, principal: `${kind}:${name.trim()}` }, { onSuccess: () => setName("") })}>
        <Box sx={{ display: "flex", gap: 1.5, alignItems: "flex-end" }}>
          <Choice label={t("members.kind")} value={kind} options={[["group", t("members.group")], ["user", t("members.user")]]} onChange={setKind} />
          <TextField required label={t("members.name")} value={name} onChange={(event) => setName(event.target.value)} />
        </Box>
      </Form>
    </Box>
  );
}
