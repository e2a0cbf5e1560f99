import Box from "@mui/material/Box";
import { memo, useState } from "react";

import type { AssetSummary } from "~/api/client";
import { clock } from "~/format/timecode";

import { KindIcon } from "./Kind";

interface Props {
  url: string | undefined;
  kind: AssetSummary["kind"];
  duration?: number | null;
}

/** A small picture with its length; the kind's icon until there is one. Decoration: the title beside it says what it is. */
export const Thumbnail = memo(function Thumbnail({ url, kind, duration }: Props) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <Box
      sx={{
        position: "relative",
        aspectRatio: "16 / 9",
        width: "100%",
        overflow: "hidden",
        borderRadius: 1,
        bgcolor: "stage.background",
        color: "stage.faint",
        display: "grid",
        placeItems: "center",
      }}
    >
      {url && url !== broken ? (
        <Box
          component="img"
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setBroken(url)}
          sx={{ position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain" }}
        />
      ) : (
        <KindIcon kind={kind} size={34} />
      )}
      {typeof duration === "number" && duration > 0 && (
        <Box
          component="span"
          sx={{
            position: "absolute",
            right: 5,
            bottom: 5,
            px: 0.6,
            borderRadius: 0.75,
            bgcolor: "rgba(8, 10, 14, 0.86)",
            color: "#fff",
            fontSize: "0.6875rem",
            fontWeight: 600,
            lineHeight: 1.5,
          }}
        >
          {clock(duration)}
        </Box>
      )}
    </Box>
  );
});
