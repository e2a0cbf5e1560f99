import Box from "@mui/material/Box";
import ButtonBase from "@mui/material/ButtonBase";
import { useTranslation } from "react-i18next";

import type { Shot } from "~/api/client";
import { clock } from "~/format/timecode";
import type { Playback } from "~/playback/playback";

import { pictureAt, type Lane } from "./tracks";

const MOST = 200;

/** Every appearance of one label, with the picture of its shot and what is written there. */
export function Appearances({ lane, shots, playback }: { lane: Lane; shots: readonly Shot[]; playback: Playback }) {
  const { t } = useTranslation("asset");
  return (
    <Box component="ul" aria-label={t("seen.list", { name: lane.name })} sx={{ display: "flex", gap: 1, overflowX: "auto", listStyle: "none", m: 0, mt: 1, p: 0.5 }}>
      {lane.appearances.slice(0, MOST).map((one) => {
        const picture = pictureAt(shots, one.start);
        return (
          <Box component="li" key={one.key} sx={{ flexShrink: 0 }}>
            <ButtonBase onClick={() => playback.seek(one.start)} sx={{ display: "block", width: 128, textAlign: "left", borderRadius: 1 }}>
              <Box sx={{ aspectRatio: "16 / 9", bgcolor: "stage.background", borderRadius: 1, overflow: "hidden" }}>
                {picture !== null && <Box component="img" src={picture} alt="" loading="lazy" sx={{ width: "100%", height: "100%", objectFit: "contain" }} />}
              </Box>
              <Box sx={{ fontSize: "0.75rem", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
                {clock(one.start)} {one.name}
              </Box>
            </ButtonBase>
          </Box>
        );
      })}
    </Box>
  );
}
