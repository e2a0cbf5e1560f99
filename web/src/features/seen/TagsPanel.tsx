import RejectIcon from "@mui/icons-material/Close";
import BackIcon from "@mui/icons-material/Undo";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import NativeSelect from "@mui/material/NativeSelect";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset, Tag } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";

import { useTagging, useTags, type TagKind } from "./useSeen";

const KINDS = ["object", "person", "place", "organisation"] as const;

/** What machines say an asset is about, and people's word on it: a wrong tag is rejected, a missing one added. */
export function TagsPanel({ asset, version }: { asset: Asset; version: string }) {
  const { t } = useTranslation("asset");
  const tags = useTags(asset.id, version);
  const { judge, forget } = useTagging(asset.id);
  const may = asset.actions.includes("edit");
  if (tags.isPending) return <Loading />;
  if (tags.isError) return <Fault fault={tags.error} retry={() => void tags.refetch()} />;
  const { items } = tags.data;
  const rejected = items.filter(({ verdict }) => verdict === "rejected");
  const busy = judge.isPending || forget.isPending;
  return (
    <Box sx={{ display: "grid", gap: 2 }}>
      {may && <Add busy={busy} onAdd={(kind, value) => judge.mutate({ kind, value, verdict: "added" })} />}
      {(judge.error ?? forget.error) !== null && <Fault fault={judge.error ?? forget.error} />}
      {items.length === 0 && <Nothing title={t("tag.none")}>{t("tag.noneWhy")}</Nothing>}
      {KINDS.map((kind) => {
        const found = items.filter((tag) => tag.kind === kind && tag.verdict !== "rejected");
        return (
          found.length > 0 && (
            <Group key={kind} name={t(`tag.kind.${kind}`)}>
              {found.map((tag) => (
                <Pill key={tag.value} tag={tag}>
                  {may && (
                    <IconButton
                      disabled={busy}
                      aria-label={t("tag.reject", { value: tag.value })}
                      // what only a person said is taken back, what a machine says is rejected
                      onClick={() => (tag.source === "person" ? forget.mutate({ kind, value: tag.value }) : judge.mutate({ kind, value: tag.value, verdict: "rejected" }))}
                      sx={{ p: 0.5 }}
                    >
                      <RejectIcon sx={{ fontSize: 16 }} />
                    </IconButton>
                  )}
                </Pill>
              ))}
            </Group>
          )
        );
      })}
      {rejected.length > 0 && (
        <Group name={t("tag.rejected")}>
          {rejected.map((tag) => (
            <Pill key={`${tag.kind}:${tag.value}`} tag={tag} struck>
              {may && (
                <IconButton disabled={busy} aria-label={t("tag.forget", { value: tag.value })} onClick={() => forget.mutate({ kind: tag.kind, value: tag.value })} sx={{ p: 0.5 }}>
                  <BackIcon sx={{ fontSize: 16 }} />
                </IconButton>
              )}
            </Pill>
          ))}
        </Group>
      )}
    </Box>
  );
}

function Add({ busy, onAdd }: { busy: boolean; onAdd: (kind: TagKind, value: string) => void }) {
  const { t } = useTranslation("asset");
  const [kind, setKind] = useState<TagKind>("object");
  const [value, setValue] = useState("");
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() === "") return;
        onAdd(kind, value.trim());
        setValue("");
      }}
    >
      <Box sx={{ display: "flex", gap: 1.5, alignItems: "center", flexWrap: "wrap" }}>
        <NativeSelect value={kind} onChange={(event) => setKind(KINDS.find((known) => known === event.target.value) ?? "object")} inputProps={{ "aria-label": t("tag.of") }}>
          {KINDS.map((name) => (
            <option key={name} value={name}>
              {t(`tag.kind.${name}`)}
            </option>
          ))}
        </NativeSelect>
        <TextField label={t("tag.value")} value={value} onChange={(event) => setValue(event.target.value)} sx={{ flex: 1, minWidth: 160, maxWidth: 320 }} slotProps={{ htmlInput: { maxLength: 200 } }} />
        <Button type="submit" variant="contained" disabled={busy || value.trim() === ""}>
          {t("tag.add")}
        </Button>
      </Box>
      <Box sx={{ mt: 0.75, fontSize: "0.75rem", color: "text.secondary" }}>{t("tag.why")}</Box>
    </Box>
  );
}

function Group({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Box component="section" aria-label={name}>
      <Typography variant="h3" component="h2" sx={{ mb: 0.75 }}>
        {name}
      </Typography>
      <Box component="ul" sx={{ display: "flex", flexWrap: "wrap", gap: 0.75, listStyle: "none", m: 0, p: 0 }}>
        {children}
      </Box>
    </Box>
  );
}

function Pill({ tag, struck = false, children }: { tag: Tag; struck?: boolean; children: React.ReactNode }) {
  const { t } = useTranslation("asset");
  const who = tag.source === "person" && tag.author !== null ? t("tag.byPerson", { who: tag.author.replace(/^user:/, "") }) : undefined;
  return (
    <Box component="li" title={who} sx={{ display: "flex", alignItems: "center", gap: 0.25, pl: 1.25, pr: 0.25, minHeight: 28, border: 1, borderColor: tag.source === "machine" ? "divider" : "primary.main", borderRadius: 4, fontSize: "0.8125rem" }}>
      <Box component="span" sx={{ ...(struck && { textDecoration: "line-through", color: "text.secondary" }) }}>
        {tag.value}
      </Box>
      {tag.times > 1 && (
        <Box component="span" sx={{ color: "text.secondary", fontSize: "0.75rem", ml: 0.5 }}>
          {tag.times}
        </Box>
      )}
      {children}
    </Box>
  );
}
