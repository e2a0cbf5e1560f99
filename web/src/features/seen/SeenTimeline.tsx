import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import NativeSelect from "@mui/material/NativeSelect";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Asset } from "~/api/client";
import { Fault } from "~/components/Fault";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

import { Appearances } from "./Appearances";
import { LaneRow } from "./LaneRow";
import { objectLanes, shotLane, textLane, type Lane } from "./tracks";
import { useSeen } from "./useSeen";

const FEW = 5;

/** Under the film: what is in the picture, and when. A click or a key leads there. */
export function SeenTimeline({ asset, version, playback }: { asset: Asset; version: string; playback: Playback }) {
  const { t } = useTranslation("asset");
  const { detections, texts, shots } = useSeen(asset.id, version);
  const [chosen, setChosen] = useState("");
  const [many, setMany] = useState(false);
  const duration = usePlayback(playback, (state) => state.duration);

  const lanes = useMemo(() => {
    const all: Lane[] = [
      shotLane(t("seen.shots"), shots.data?.items ?? [], (number) => t("seen.shot", { number })),
      textLane(t("seen.texts"), texts.data?.items ?? []),
      ...objectLanes(detections.data?.items ?? []),
    ];
    return all.filter(({ appearances }) => appearances.length > 0);
  }, [detections.data, texts.data, shots.data, t]);
  const objects = lanes.filter(({ kind }) => kind === "object");
  const lane = lanes.find((known) => keyOf(known) === chosen);
  const shown = lane ? [lane] : lanes.filter((known) => many || known.kind !== "object" || objects.indexOf(known) < FEW);

  const fault = detections.error ?? texts.error ?? shots.error;
  if (fault !== null) return <Fault fault={fault} retry={() => void Promise.all([detections.refetch(), texts.refetch(), shots.refetch()])} />;
  if (lanes.length === 0 || duration <= 0) return null;
  const cut = [detections, texts, shots].some(({ data }) => data?.cut);
  return (
    <Box component="section" aria-label={t("seen.label")} sx={{ bgcolor: "background.paper", borderBottom: 1, borderColor: "divider", px: 1.5, py: 1 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, mb: 0.5 }}>
        <NativeSelect disableUnderline value={lane ? chosen : ""} onChange={(event) => setChosen(event.target.value)} inputProps={{ "aria-label": t("seen.show") }} sx={{ fontSize: "0.75rem" }}>
          <option value="">{t("seen.all")}</option>
          {lanes.map((known) => (
            <option key={keyOf(known)} value={keyOf(known)}>
              {known.name} ({known.appearances.length})
            </option>
          ))}
        </NativeSelect>
        {cut && <Box sx={{ fontSize: "0.75rem", color: "text.secondary" }}>{t("seen.partial")}</Box>}
      </Box>
      <Box sx={{ display: "grid", rowGap: 0.25 }}>
        {shown.map((known) => (
          <LaneRow key={keyOf(known)} lane={known} duration={duration} playback={playback} />
        ))}
      </Box>
      {!lane && objects.length > FEW && (
        <Button onClick={() => setMany(!many)} aria-expanded={many}>
          {many ? t("seen.fewer") : t("seen.more", { count: objects.length - FEW })}
        </Button>
      )}
      {lane && <Appearances lane={lane} shots={shots.data?.items ?? []} playback={playback} />}
    </Box>
  );
}

const keyOf = ({ kind, name }: Lane): string => `${kind}:${name}`;
