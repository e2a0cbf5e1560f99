import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Form } from "../parts/Form";
import { GIGABYTE } from "./quota";
import { useProjectChanges } from "./useProjectAdmin";

const FIRST_QUOTA_GB = 10_000;

export function NewProject({ onMade }: { onMade: (id: string) => void }) {
  const { t } = useTranslation("admin");
  const { make } = useProjectChanges();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [quota, setQuota] = useState(String(FIRST_QUOTA_GB));
  return (
    <Form
      submit={t("projects.make")}
      busy={make.isPending}
      fault={make.error}
      onSubmit={() => make.mutate({ id, name, quota_bytes: Math.round(Number(quota) * GIGABYTE) }, { onSuccess: (made) => onMade(made.id) })}
    >
      <TextField required label={t("name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      <TextField
        required
        label={t("id")}
        helperText={t("projects.idHint")}
        value={id}
        onChange={(event) => setId(event.target.value.toLowerCase())}
        slotProps={{ htmlInput: { pattern: "[a-z0-9][a-z0-9\\-]{1,62}", spellCheck: false } }}
      />
      <TextField required type="number" label={t("projects.quotaGb")} value={quota} onChange={(event) => setQuota(event.target.value)} slotProps={{ htmlInput: { min: 1, step: "any" } }} />
    </Form>
  );
}
