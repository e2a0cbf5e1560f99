import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import FormControlLabel from "@mui/material/FormControlLabel";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";

import { Choice } from "../parts/Choice";
import { Form } from "../parts/Form";
import { SettingsFields } from "./SettingsFields";
import { brokenFields, draftOf, fieldsOf, settingsOf, type Draft } from "./settingsForm";
import { useChannelChanges, useChannelTypes, type Channel, type ChannelType } from "./useChannelAdmin";
import { translated, useChannelWord } from "./useChannelWord";

interface Props {
  channel: Channel | null;
  onSaved: () => void;
}

/** A channel as a whole: its type decides what it is asked for. */
export function ChannelForm({ channel, onSaved }: Props) {
  const types = useChannelTypes();
  if (types.isPending) return <Loading />;
  if (types.isError) return <Fault fault={types.error} retry={() => void types.refetch()} />;
  return <Known channel={channel} types={types.data.items} onSaved={onSaved} />;
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function Known({ channel, types, onSaved }: Props & { types: ChannelType[] }) {
  const { t } = useTranslation("admin");
  const { put } = useChannelChanges();
  const [type, setType] = useState(channel?.type ?? types[0]?.type ?? "");
  const kind = types.find((known) => known.type === type);
  const word = useChannelWord();
  const fields = fieldsOf(translated(kind?.settings ?? {}, word));
  const [id, setId] = useState(channel?.id ?? "");
  const [name, setName] = useState(channel?.name ?? "");
  const [profile, setProfile] = useState(channel?.profile ?? "web");
  const [projects, setProjects] = useState(channel?.projects?.join(", ") ?? "");
  const [territories, setTerritories] = useState(channel?.territories.join(", ") ?? "");
  const [concurrent, setConcurrent] = useState(String(channel?.max_concurrent ?? 4));
  const [rate, setRate] = useState(channel?.bytes_a_second?.toString() ?? "");
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [drafts, setDrafts] = useState<Record<string, Draft>>({});
  const before = channel?.settings ?? {};
  const draft = drafts[type] ?? draftOf(fields, before);
  const broken = brokenFields(fields, draft);

  const save = () => {
    if (broken.length > 0) return;
    put.mutate(
      {
        channel: id,
        type,
        name,
        profile,
        enabled,
        projects: projects.trim() ? words(projects) : null,
        territories: words(territories.toUpperCase()),
        max_concurrent: Number(concurrent),
        bytes_a_second: rate ? Number(rate) : null,
        settings: settingsOf(fields, draft, before),
      },
      { onSuccess: onSaved },
    );
  };

  return (
    <Form submit={t("save")} busy={put.isPending} fault={put.error} onSubmit={save}>
      {!channel && (
        <Box>
          <Choice label={t("channels.type")} value={type} options={types.map((known) => [known.type, word(known.title)] as const)} onChange={setType} />
          <Typography variant="body2" sx={{ color: "text.secondary", mt: 1 }}>
            {kind && word(kind.description)}
          </Typography>
        </Box>
      )}
      <TextField required label={t("name")} value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      <TextField
        required
        disabled={channel !== null}
        label={t("id")}
        helperText={t("idHint")}
        value={id}
        onChange={(event) => setId(event.target.value.toLowerCase())}
        slotProps={{ htmlInput: { pattern: "[a-z0-9][a-z0-9\\-]{1,62}", spellCheck: false } }}
      />
      <TextField required label={t("channels.profile")} helperText={t("channels.profileHint")} value={profile} onChange={(event) => setProfile(event.target.value)} />
      <TextField label={t("channels.projects")} helperText={t("channels.projectsHint")} value={projects} onChange={(event) => setProjects(event.target.value)} />
      <TextField label={t("channels.territories")} helperText={t("channels.territoriesHint")} value={territories} onChange={(event) => setTerritories(event.target.value)} />
      <Box sx={{ display: "grid", gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" }, gap: 2 }}>
        <TextField required type="number" label={t("channels.concurrent")} value={concurrent} onChange={(event) => setConcurrent(event.target.value)} slotProps={{ htmlInput: { min: 1, max: 100 } }} />
        <TextField type="number" label={t("channels.rate")} value={rate} onChange={(event) => setRate(event.target.value)} slotProps={{ htmlInput: { min: 1024 } }} />
      </Box>
      <FormControlLabel control={<Switch checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />} label={t("enabled")} />
      <Typography variant="h3">{t("channels.settings")}</Typography>
      <SettingsFields fields={fields} draft={draft} broken={broken} onChange={(changed) => setDrafts({ ...drafts, [type]: changed })} />
      {kind && <Credentials kind={kind} id={id} />}
    </Form>
  );
}

/** What has to be in Vault, and where. No value of it ever comes here: functions read it, and nobody else. */
function Credentials({ kind, id }: { kind: ChannelType; id: string }) {
  const { t } = useTranslation("admin");
  if (kind.credential_sets.every((names) => names.length === 0)) return null;
  return (
    <Alert severity="info" variant="outlined" sx={{ overflowWrap: "anywhere" }}>
      {t("channels.credentials")} <code>{`secret/channels/${kind.type}/${id || "…"}`}</code>
      <Box component="ul" sx={{ m: 0, mt: 0.5, pl: 2.5 }}>
        {kind.credential_sets
          .filter((names) => names.length > 0)
          .map((names) => (
            <li key={names.join()}>
              <code>{names.join(", ")}</code>
            </li>
          ))}
      </Box>
    </Alert>
  );
}
