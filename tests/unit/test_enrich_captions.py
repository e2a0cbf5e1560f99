"""Captions that can be read: no word lost, lines short, times in order."""

from __future__ import annotations

import html
import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.enrich import captions
from functions.enrich.captions import Cue
from functions.enrich.transcript import Segment, Word, build_segments

_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Mn", "Me"))


@st.composite
def transcripts(draw: st.DrawFn) -> list[Segment]:
    language = draw(st.sampled_from(["es", "en", "ja", None]))
    spoken, at = [], 0
    for _ in range(draw(st.integers(0, 40))):
        at += draw(st.sampled_from([0, 0, 30, 500, 1_500, 4_000]))
        length = draw(st.sampled_from([0, 120, 400, 9_000]))
        text = draw(st.text(_LETTERS, min_size=1, max_size=draw(st.sampled_from([8, 8, 8, 100]))))
        spoken.append(Word(text + draw(st.sampled_from(["", "", "", ",", "."])), at, at + length))
        at += length
    return build_segments(spoken, language)


def letters(text: str) -> str:
    return "".join(text.split())


@given(transcripts())
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_and_lines_times_and_order_hold(segments: list[Segment]) -> None:
    cues = captions.build_cues(segments)
    said = letters("".join(word.text for segment in segments for word in segment.words))
    assert letters("".join(line for cue in cues for line in cue.lines)) == said
    for cue in cues:
        assert 1 <= len(cue.lines) <= captions.LINES
        assert all(line.strip() and captions.width(line) <= captions.COLUMNS for line in cue.lines)
        assert cue.start_ms < cue.end_ms
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(cues))


@given(transcripts())
@settings(max_examples=60, deadline=None)
def test_a_cue_that_has_room_stays_until_it_could_be_read(segments: list[Segment]) -> None:
    cues = captions.build_cues(segments)
    for cue, following in zip(cues, [*cues[1:], None], strict=False):
        characters = sum(len(line) for line in cue.lines)
        if following is None or following.start_ms > cue.end_ms:
            assert characters * 1000 <= captions.CHARACTERS_PER_S * (cue.end_ms - cue.start_ms)


@given(transcripts())
@settings(max_examples=60, deadline=None)
def test_both_formats_give_back_the_same_cues(segments: list[Segment]) -> None:
    cues = captions.build_cues(segments)
    vtt = captions.to_webvtt(cues)
    assert vtt.startswith("WEBVTT\n")
    assert read(vtt.removeprefix("WEBVTT"), ".") == cues
    arrows = [Cue(c.start_ms, c.end_ms, tuple(line.replace("-->", "→") for line in c.lines)) for c in cues]
    assert [
        Cue(c.start_ms, c.end_ms, c.lines) for c in read(captions.to_srt(cues), ",", escaped=False)
    ] == arrows


def read(text: str, point: str, escaped: bool = True) -> list[Cue]:
    found = []
    for block in text.strip("\n").split("\n\n") if text.strip("\n") else []:
        lines = block.split("\n")
        if lines[0].isdigit() and "-->" not in lines[0]:
            lines = lines[1:]
        times = re.fullmatch(
            rf"(\d+):(\d\d):(\d\d)\{point}(\d\d\d) --> (\d+):(\d\d):(\d\d)\{point}(\d\d\d)", lines[0]
        )
        assert times, lines[0]
        h, m, s, ms, h2, m2, s2, ms2 = map(int, times.groups())
        shown = tuple(html.unescape(line) if escaped else line for line in lines[1:])
        found.append(Cue(((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2, shown))
    return found


def say(text: str, word_ms: int = 350, language: str = "es") -> list[Segment]:
    return build_segments(
        [Word(w, n * word_ms, (n + 1) * word_ms) for n, w in enumerate(text.split())], language
    )


def test_a_sentence_ends_a_cue_and_lines_are_even() -> None:
    cues = captions.build_cues(say(
        "El presidente ha llegado esta mañana a Madrid. Le esperaban, en el aeropuerto, los ministros de Exterior y de Hacienda."
    ))  # fmt: skip
    assert [cue.lines for cue in cues] == [
        ("El presidente ha llegado", "esta mañana a Madrid."),
        ("Le esperaban, en el aeropuerto,", "los ministros de Exterior y de Hacienda."),
    ]


def test_a_full_cue_is_cut_behind_a_comma_of_its_second_half() -> None:
    cues = captions.build_cues(
        say(
            "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece, catorce quince dieciséis",
            200,
        )
    )
    assert cues[0].lines[-1].endswith("trece,")
    assert " ".join(cues[1].lines) == "catorce quince dieciséis"


def test_no_word_is_left_alone_in_the_last_cue() -> None:
    cues = captions.build_cues(
        say("Esta prueba es más útil si usted se ha conectado al servidor de la redacción a distancia", 150)
    )
    assert [" ".join(cue.lines) for cue in cues] == [
        "Esta prueba es más útil si usted se ha conectado",
        "al servidor de la redacción a distancia",
    ]


def test_nobody_can_put_markup_or_times_into_captions() -> None:
    cues = captions.build_cues(say("<b>hola</b> --> R&D"))
    assert "&lt;b&gt;hola&lt;/b&gt; --&gt; R&amp;D" in captions.to_webvtt(cues)
    assert captions.to_srt(cues).count("-->") == 1


def test_wide_characters_count_twice() -> None:
    assert captions.width("日本é") == 5
    (cue, *_) = captions.build_cues(say("日" * 30, language="ja"))
    assert cue.lines == ("日" * 21, "日" * 9)


def test_an_hour_is_written_with_its_hours() -> None:
    assert captions.clock(36_061_007, ",") == "10:01:01,007"
    assert captions.to_srt([]) == ""
    assert captions.to_webvtt([]) == "WEBVTT\n"
