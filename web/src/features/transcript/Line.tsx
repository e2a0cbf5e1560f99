import EditIcon from "@mui/icons-material/EditOutlined";
import CorrectedIcon from "@mui/icons-material/TaskAlt";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Segment } from "~/api/client";
import { clock } from "~/format/timecode";
import { useFormat } from "~/format/useFormat";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

import { plain, wordsOf } from "./passages";

interface LineProps {
  segment: Segment;
  playback: Playback;
  current: boolean;
  marked: string[];
  hit: boolean;
  onEdit: ((segment: Segment) => void) | undefined;
}

/** What is said at once, by one person: each word leads to its second. */
export const Line = memo(function Line({ segment, playback, current, marked, hit, onEdit }: LineProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation("asset");
  const words = useMemo(() => wordsOf(segment), [segment]);
  const spoken = usePlayback(playback, (state) => (current ? words.findLastIndex((word) => word.start <= state.time + 0.001) : -1));
  const at = segment.start_ms / 1000;
  const format = useFormat();
  return (
    <Box
      sx={{
        display: "flex",
        alignItems: "baseline",
        gap: 1,
        px: 1.5,
        py: 0.6,
        fontSize: "0.875rem",
        lineHeight: 1.5,
        bgcolor: current ? "action.selected" : undefined,
        borderLeft: 3,
        borderColor: current ? "primary.main" : hit ? "warning.main" : "transparent",
        // a pen on every line would be noise; where nothing hovers it is always there
        "@media (hover: hover)": { "& .edit": { opacity: 0 }, "&:hover .edit, &:focus-within .edit": { opacity: 1 } },
      }}
    >
      <Button
        color="inherit"
        onClick={(event) => {
          event.stopPropagation();
          playback.seek(at);
        }}
        aria-label={t("transcript.goTo", { time: clock(at), text: segment.text })}
        sx={{ minWidth: 44, px: 0.5, py: 0, fontSize: "0.6875rem", color: "text.secondary", justifyContent: "flex-end" }}
      >
        {clock(at)}
      </Button>
      <Box lang={segment.language ?? undefined} sx={{ flex: 1, minWidth: 0 }}>
        {segment.speaker && (
          <Box component="span" sx={{ fontWeight: 650, mr: 0.75 }}>
            {segment.speaker}:
          </Box>
        )}
        {words.map((word, index) => (
          <span key={index}>
            <Box
              component={isMarked(word.text, marked) ? "mark" : "span"}
              data-start={word.start}
              data-end={word.end}
              sx={{
                cursor: "pointer",
                borderRadius: 0.5,
                color: "inherit",
                bgcolor: "transparent",
                ...(isMarked(word.text, marked) && { bgcolor: "hit.background", color: "hit.text" }),
                ...(index === spoken && { textDecoration: "underline", textDecorationThickness: 2, textUnderlineOffset: 3, textDecorationColor: "var(--mui-palette-primary-main)" }),
                "&:hover": { textDecoration: "underline" },
              }}
            >
              {word.text}
            </Box>{" "}
          </span>
        ))}
      </Box>
      {segment.correction && <CorrectedIcon titleAccess={own("line.corrected", { who: segment.correction.author.replace(/^user:/, ""), when: format.moment(segment.correction.at) })} sx={{ fontSize: 15, color: "success.main", alignSelf: "center" }} />}
      {onEdit && (
        <IconButton
          className="edit"
          aria-label={own("line.edit", { time: clock(at) })}
          onClick={(event) => {
            event.stopPropagation();
            onEdit(segment);
          }}
          sx={{ alignSelf: "flex-start", p: 0.25 }}
        >
          <EditIcon sx={{ fontSize: 17 }} />
        </IconButton>
      )}
    </Box>
  );
});

const isMarked = (word: string, marked: readonly string[]): boolean => marked.length > 0 && marked.some((wanted) => plain(word).includes(wanted));
