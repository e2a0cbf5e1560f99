import Alert from "@mui/material/Alert";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";

import { Form } from "../parts/Form";
import { useProjectChannels, useRuleChanges, type Rule } from "./useRules";

const KINDS = ["video", "audio", "image"] as const;

interface Props {
  rule: Rule | null;
  project: string;
  onSaved: (rule: Rule) => void;
}

/** Saved switched off, always: what it would do is looked at next. */
export function RuleForm({ rule, project, onSaved }: Props) {
  const { t } = useTranslation("admin");
  const { t: page } = useTranslation();
  const channels = useProjectChannels(project);
  const { save } = useRuleChanges();
  const [name, setName] = useState(rule?.name ?? "");
  const [chosen, setChosen] = useState(rule?.channel_id ?? "");
  const [tag, setTag] = useState(rule?.tag ?? "");
  const [kind, setKind] = useState<Rule["kind"]>(rule?.kind ?? null);
  const [profile, setProfile] = useState(rule?.profile ?? "");
  if (channels.isPending) return <Loading />;
  if (channels.isError) return <Fault fault={channels.error} retry={() => void channels.refetch()} />;
  const known = channels.data.items;
  if (known.length === 0) return <Alert severity="info">{page("publish.noChannel")}</Alert>;
  const channel = chosen || (known[0]?.id ?? "");
  return (
    <Form
      submit={t("rules.save")}
      busy={save.isPending}
      fault={save.error}
      onSubmit={() =>
        save.mutate(
          {
            id: rule?.id ?? null,
            name,
            project_id: project,
            channel_id: channel,
            tag: tag.trim() || null,
            kind,
            profile: profile.trim() || null,
            metadata: rule?.metadata ?? {},
            enabled: false,
          },
          { onSuccess: onSaved },
        )
      }
    >
      {rule?.enabled && <Alert severity="warning">{t("rules.willStop")}</Alert>}
      <TextField required label={t("name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      <TextField select label={t("rules.channel")} value={channel} onChange={(event) => setChosen(event.target.value)} slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}>
        {known.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </TextField>
      <TextField select label={t("rules.kind")} value={kind ?? ""} onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? null)} slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}>
        <option value="">{t("rules.anyKind")}</option>
        {KINDS.map((one) => (
          <option key={one} value={one}>
            {page(`kind.${one}`)}
          </option>
        ))}
      </TextField>
      <TextField label={t("rules.tag")} helperText={t("rules.tagHint")} value={tag} onChange={(event) => setTag(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      <TextField label={t("rules.profile")} helperText={t("rules.profileHint")} value={profile} onChange={(event) => setProfile(event.target.value)} />
    </Form>
  );
}
