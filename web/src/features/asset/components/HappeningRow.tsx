import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Edit } from "~/api/client";
import { clock } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";

import { personOf, type Happening } from "../activity";
import { useFieldName } from "../useFieldName";

interface Props {
  happening: Happening;
  undo?: { icon: ReactNode; act: () => void; disabled: boolean };
}

const LONGEST = 600;

/** One line of the history: who, what, when; then what was there before and what came after. */
export function HappeningRow({ happening, undo }: Props) {
  const { t } = useTranslation("asset");
  const format = useFormat();
  const what = useWhat()(happening);
  const who = happening.who === null ? t("history.platform") : personOf(happening.who);
  const when = format.moment(happening.at);
  const note = noteOf(happening);
  return (
    <Box component="li" data-happening={happening.what} sx={{ py: 1.25, borderBottom: 1, borderColor: "divider", display: "grid", gap: 0.5 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, minHeight: 28, flexWrap: "wrap" }}>
        <Box sx={{ minWidth: 0, overflowWrap: "anywhere", fontSize: "0.8125rem" }}>
          <Box component="span" sx={{ fontWeight: 650 }}>
            {who}
          </Box>{" "}
          {what}
          <Box component="span" sx={{ color: "text.secondary" }}>
            {" · "}
            <time dateTime={happening.at}>{when}</time>
            {note && ` · ${t(`history.${note}`)}`}
          </Box>
        </Box>
        <Box sx={{ flex: 1 }} />
        {undo && (
          <Button startIcon={undo.icon} disabled={undo.disabled} onClick={undo.act} aria-label={t("history.undoOf", { who, when })}>
            {t("history.undo")}
          </Button>
        )}
      </Box>
      {happening.what === "edit" && <Changes edit={happening.edit} />}
      {happening.what === "correction" && <Pair before={happening.correction.machine_text} after={happening.correction.text} />}
    </Box>
  );
}

function noteOf(happening: Happening): "undone" | "superseded" | null {
  if (happening.what === "edit" && happening.edit.undone) return "undone";
  if (happening.what === "correction" && happening.correction.ended_at !== null) return "superseded";
  return null;
}

function useWhat(): (happening: Happening) => string {
  const { t } = useTranslation("asset");
  const { t: page, i18n } = useTranslation();
  return (happening) => {
    switch (happening.what) {
      case "arrival":
        return t("history.what.arrival");
      case "edit":
        return t(`history.what.${happening.edit.what}`);
      case "correction": {
        const { text, start_ms: start } = happening.correction;
        return t(text === "" ? "history.what.removal" : "history.what.correction", { time: clock(start / 1000) });
      }
      case "job": {
        const { kind, state } = happening.job;
        const name = i18n.exists(`job.kind.${kind}`) ? page(`job.kind.${kind as "transcode"}`) : kind;
        return t("history.what.job", { name: `${name}: ${page(`job.state.${state}`)}` });
      }
      default:
        return t(`history.what.${happening.what}`, { name: happening.publication.channel_id });
    }
  };
}

function Changes({ edit }: { edit: Edit }) {
  const nameOf = useFieldName();
  return (
    <Box sx={{ display: "grid", gap: 0.75 }}>
      {edit.changes.map(({ field, before, after }) => (
        <Pair key={field} name={nameOf(field)} before={shown(before)} after={shown(after)} />
      ))}
    </Box>
  );
}

function Pair({ name, before, after }: { name?: string; before: string; after: string }) {
  const { t } = useTranslation("asset");
  const sides = { before, after };
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: { sm: name === undefined ? "1fr 1fr" : "130px 1fr 1fr" }, columnGap: 1.5, rowGap: 0.25, fontSize: "0.8125rem" }}>
      {name !== undefined && <Box sx={{ color: "text.secondary" }}>{name}</Box>}
      {(["before", "after"] as const).map((side) => (
        <Box key={side} sx={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap", ...(side === "before" && { color: "text.secondary" }) }}>
          <Box component="span" sx={{ fontSize: "0.6875rem", color: "text.secondary", mr: 0.75 }}>
            {t(`history.${side}`)}
          </Box>
          {sides[side] === "" ? t("history.empty") : sides[side].slice(0, LONGEST)}
          {sides[side].length > LONGEST && "…"}
        </Box>
      ))}
    </Box>
  );
}

/** Any value of a field as text. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((one) => shown(one)).join(", ");
  return JSON.stringify(value);
}
