import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import NextIcon from "@mui/icons-material/KeyboardArrowDown";
import PreviousIcon from "@mui/icons-material/KeyboardArrowUp";
import SpeakersIcon from "@mui/icons-material/RecordVoiceOverOutlined";
import InputBase from "@mui/material/InputBase";
import Switch from "@mui/material/Switch";
import { useVirtualizer } from "@tanstack/react-virtual";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Segment } from "~/api/client";
import { Fault } from "~/components/Fault";
import { Loading } from "~/components/Loading";
import { Nothing } from "~/components/Nothing";
import type { Playback } from "~/playback/playback";
import { usePlayback } from "~/playback/usePlayback";

import { Line } from "./Line";
import { LineEditor } from "./LineEditor";
import { findIn, segmentAt, wantedWords } from "./passages";
import type { LineDraft } from "./useCorrecting";
import { useTranscript } from "./useTranscript";

const SpeakersDialog = lazy(() => import("./SpeakersDialog").then((module) => ({ default: module.SpeakersDialog })));

interface Props {
  id: string;
  version: string;
  playback: Playback;
  /** What led here: its words are marked. */
  query: string;
  /** Lines may be corrected. */
  editable: boolean;
  /** Words were selected, with their times. */
  onSelect: (range: { start: number; end: number } | null) => void;
}

/** What is said beside the film: it follows, a word leads to its second, selected words make a clip. */
export function TranscriptView({ id, version, playback, query, editable, onSelect }: Props) {
  const { t } = useTranslation();
  const transcript = useTranscript(id, version);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = transcript;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (transcript.isPending) return <Loading />;
  if (transcript.isError) return <Fault fault={transcript.error} retry={() => void transcript.refetch()} />;
  if (transcript.data.length === 0) return <Nothing title={t("transcript.none")}>{t("transcript.noneWhy")}</Nothing>;
  return <Passages id={id} segments={transcript.data} playback={playback} query={query} editable={editable} onSelect={onSelect} />;
}

function Passages({ id, segments, playback, query, editable, onSelect }: Omit<Props, "version"> & { segments: Segment[] }) {
  const { t } = useTranslation();
  const { t: own } = useTranslation("asset");
  // what is being written stays when its line is scrolled away
  const [draft, setDraft] = useState<LineDraft | null>(null);
  const [naming, setNaming] = useState(false);
  const pane = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const [wanted, setWanted] = useState("");
  const [place, setPlace] = useState(0);
  const current = usePlayback(playback, (state) => segmentAt(segments, state.time));
  const found = useMemo(() => findIn(segments, wanted), [segments, wanted]);
  const marked = useMemo(() => (wanted.trim() ? wantedWords(wanted) : wantedWords(query)), [wanted, query]);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer tells this component itself when to draw
  const rows = useVirtualizer({
    count: segments.length,
    getScrollElement: () => pane.current,
    estimateSize: () => 52,
    overscan: 8,
  });

  useEffect(() => {
    if (follows && current >= 0) rows.scrollToIndex(current, { align: "center" });
  }, [follows, current, rows]);

  const goTo = (next: number) => {
    const index = found[(next + found.length) % found.length];
    if (index === undefined) return;
    setFollows(false);
    setPlace((next + found.length) % found.length);
    rows.scrollToIndex(index, { align: "center" });
  };

  const edit = useCallback((segment: Segment) => {
    setFollows(false);
    setSaved(false);
    setDraft({ number: segment.number, version: segment.version ?? "", text: segment.text, speaker: segment.speaker ?? "", speakerBefore: segment.speaker ?? "" });
  }, []);
  const [saved, setSaved] = useState(false);
  const left = useRef<number | null>(null);
  const close = (changed: boolean) => {
    left.current = segments.findIndex(({ number }) => number === draft?.number);
    setSaved(changed);
    setDraft(null);
  };
  useEffect(() => {
    if (draft !== null || left.current === null) return;
    // the keyboard goes on from the line that was left
    pane.current?.querySelector<HTMLElement>(`[data-index="${left.current}"] .edit`)?.focus();
    left.current = null;
  }, [draft]);
  const speakers = useMemo(() => [...new Set(segments.flatMap(({ speaker }) => speaker ?? []))].sort(), [segments]);

  const onClick = (event: MouseEvent) => {
    const at = (event.target as HTMLElement).closest<HTMLElement>("[data-start]")?.dataset.start;
    if (at !== undefined && window.getSelection()?.isCollapsed !== false) playback.seek(Number(at));
  };
  useEffect(() => {
    const read = () => onSelect(selectedRange(pane.current));
    document.addEventListener("selectionchange", read);
    return () => document.removeEventListener("selectionchange", read);
  }, [onSelect]);

  return (
    <Box sx={{ display: "flex", flexDirection: "column", height: "100%", minHeight: 0 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, px: 1.5, py: 0.75, borderBottom: 1, borderColor: "divider" }}>
        <InputBase
          value={wanted}
          placeholder={t("transcript.find")}
          onChange={(event) => {
            setWanted(event.target.value);
            setPlace(0);
            const [first] = findIn(segments, event.target.value);
            if (first === undefined) return;
            setFollows(false);
            rows.scrollToIndex(first, { align: "center" });
          }}
          onKeyDown={(event) => event.key === "Enter" && goTo(event.shiftKey ? place - 1 : place + 1)}
          inputProps={{ "aria-label": t("transcript.find") }}
          sx={{ flex: 1, fontSize: "0.8125rem" }}
        />
        {wanted.trim() && (
          <>
            <Box component="span" role="status" sx={{ fontSize: "0.75rem", color: "text.secondary", whiteSpace: "nowrap" }}>
              {found.length > 0 ? `${place + 1} / ${found.length}` : t("transcript.notFound")}
            </Box>
            <IconButton aria-label={t("transcript.previous")} disabled={found.length === 0} onClick={() => goTo(place - 1)}>
              <PreviousIcon fontSize="small" />
            </IconButton>
            <IconButton aria-label={t("transcript.next")} disabled={found.length === 0} onClick={() => goTo(place + 1)}>
              <NextIcon fontSize="small" />
            </IconButton>
          </>
        )}
        {editable && (
          <IconButton aria-label={own("speakers.open")} title={own("speakers.open")} onClick={() => setNaming(true)}>
            <SpeakersIcon fontSize="small" />
          </IconButton>
        )}
        <Box component="label" sx={{ display: "flex", alignItems: "center", fontSize: "0.75rem", color: "text.secondary", whiteSpace: "nowrap" }}>
          <Switch size="small" checked={follows} onChange={(event) => setFollows(event.target.checked)} />
          {t("transcript.follow")}
        </Box>
      </Box>
      <Box
        ref={pane}
        onWheel={() => follows && playback.snapshot().playing && setFollows(false)}
        sx={{ position: "relative", flex: 1, minHeight: 160, overflowY: "auto" }}
         
        tabIndex={0}
        role="region"
        aria-label={t("transcript.label")}
      >
        { }
        <Box component="ol" onClick={onClick} sx={{ position: "relative", listStyle: "none", m: 0, p: 0 }} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const segment = segments[row.index];
            return (
              segment && (
                <Box
                  component="li"
                  key={row.key}
                  ref={rows.measureElement}
                  data-index={row.index}
                  {...(row.index === current && { "aria-current": "true" })}
                  sx={{ position: "absolute", insetInline: 0, top: 0 }}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  {draft?.number === segment.number ? (
                    <LineEditor id={id} segment={segment} draft={draft} speakers={speakers} onDraft={setDraft} onClose={close} />
                  ) : (
                    <Line
                      segment={segment}
                      playback={playback}
                      current={row.index === current}
                      marked={marked}
                      hit={wanted.trim() !== "" && found[place] === row.index}
                      onEdit={editable ? edit : undefined}
                    />
                  )}
                </Box>
              )
            );
          })}
        </Box>
      </Box>
      <Box role="status" sx={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>
        {saved && own("line.saved")}
      </Box>
      {naming && (
        <Suspense fallback={null}>
          <SpeakersDialog id={id} playback={playback} onClose={() => setNaming(false)} />
        </Suspense>
      )}
    </Box>
  );
}

/** From the first to the last selected word, in seconds. */
function selectedRange(pane: HTMLElement | null): { start: number; end: number } | null {
  const selection = window.getSelection();
  if (!pane || !selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!pane.contains(range.commonAncestorContainer)) return null;
  const words = [...pane.querySelectorAll<HTMLElement>("[data-start]")].filter((word) => range.intersectsNode(word));
  const first = words[0]?.dataset.start;
  const last = words.at(-1)?.dataset.end;
  return first === undefined || last === undefined ? null : { start: Number(first), end: Number(last) };
}
