"""One part of a recording to transcript segments: decode in the sandbox, cut at silences, recognise block by block.

Only plain samples reach the model, which stays warm in this process; the hostile container is decoded in a child. Memory does
not grow with the length: samples stay in a file, the model sees one block at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from acervo import sandbox
from acervo.errors import Rejected
from functions.enrich import join, parts, transcript, unheard
from functions.enrich.parts import Cut, Part, Span
from functions.enrich.pcm import Recording, Samples
from functions.enrich.transcript import Segment, build_segment

MIN_MS = 100  # less cannot hold a syllable
CHILD_MEMORY_BYTES, CHILD_CPU_S, CHILD_WALL_S = 3 << 30, 900, 1800.0
DECODED = 0.1  # of a part's progress


class VoiceDetector(Protocol):
    def speech(self, samples: Samples) -> list[Span]:
        """Where somebody speaks, in ms of `samples`."""


class Recogniser(Protocol):
    @property
    def label(self) -> str:
        """Name and version, stored beside every result."""

    def recognise(self, samples: Samples, language: str | None = None) -> Generator[Segment, None, None]:
        """Segments one by one, on the clock of `samples`; `language` is what was spoken before."""


@dataclass(frozen=True)
class Heard:
    """The result of one part. `faults`: packets that could not be decoded."""

    start_ms: int
    end_ms: int | None
    segments: tuple[Segment, ...]
    faults: int

    def to_json(self) -> dict[str, Any]:
        """As in `job_chunks.result`."""
        said = [transcript.to_json(segment) for segment in self.segments]
        return {"start_ms": self.start_ms, "end_ms": self.end_ms, "segments": said, "faults": self.faults}


@dataclass(frozen=True)
class Watch:
    """How a piece of work is followed: progress out, a request to stop in (`check` raises)."""

    report: Callable[[float], None]
    check: Callable[[], None]
    cancelled: Callable[[], bool]


def transcribe_part(
    master: Mapping[str, Any], part: Part, recogniser: Recogniser, detector: VoiceDetector, watch: Watch
) -> Heard:
    """What is said between the two cuts that belong to the part's marks.

    Args:
        master: as `masters.source` gives it.

    Raises:
        Rejected: the sound cannot be decoded.
    """
    with tempfile.TemporaryDirectory(prefix="speech-") as scratch:
        main, ahead, faults = _decode(master, part, Path(scratch), watch)
        if faults and not main.count and part == Part(0, None):
            raise Rejected("sound-unreadable", "the sound of this file is damaged throughout")
        begins_ms = parts.window(part.start_ms)[0] if part.start_ms else 0
        first = _cut(detector, main, part.start_ms) if part.start_ms else Cut(0)
        last = None if ahead is None or part.end_ms is None else _cut(detector, ahead, part.end_ms)
        from_ms = max(begins_ms, first.at_ms - first.margin_ms)
        until_ms = None if last is None else last.at_ms + last.margin_ms - begins_ms
        said = _recognise(main.between(from_ms - begins_ms, until_ms), recogniser, detector, watch)
    end_ms = None if last is None else last.at_ms
    segments = join.keep_own([shift(segment, from_ms) for segment in said], first.at_ms, end_ms)
    return Heard(first.at_ms, end_ms, tuple(segments), faults)


def _decode(
    master: Mapping[str, Any], part: Part, scratch: Path, watch: Watch
) -> tuple[Recording, Recording | None, int]:
    """The part with its windows on both sides; the window at its end as the next part decodes it; damaged packets."""
    begins = parts.window(part.start_ms)[0] if part.start_ms else 0
    ends = None if part.end_ms is None else parts.window(part.end_ms)[1]
    ranges = [{"path": str(scratch / "main.pcm"), "start_ms": begins, "end_ms": ends}]
    if part.end_ms is not None:
        window = parts.window(part.end_ms)
        ranges.append({"path": str(scratch / "ahead.pcm"), "start_ms": window[0], "end_ms": window[1]})

    def report(said: dict[str, Any]) -> None:
        if ends is not None:
            watch.report(DECODED * (said["at_ms"] - begins) / (ends - begins))

    try:
        done = sandbox.run(
            "functions.enrich.decode:decode",
            {**master, "ranges": ranges},
            memory_bytes=CHILD_MEMORY_BYTES,
            cpu_s=CHILD_CPU_S,
            wall_s=CHILD_WALL_S,
            report=report,
            cancelled=watch.cancelled,
        )
    except sandbox.Stopped:
        watch.check()
        raise
    watch.report(DECODED)
    main, *ahead = (Recording.open(Path(str(item["path"]))) for item in ranges)
    return main, ahead[0] if ahead else None, int(done["faults"])


def _recognise(
    sound: Recording, recogniser: Recogniser, detector: VoiceDetector, watch: Watch
) -> list[Segment]:
    """Block by block; each block is heard a little over a hard cut, and keeps what is its own."""
    if sound.duration_ms < MIN_MS:
        return []
    pieces: list[list[Segment]] = []
    language: str | None = None
    for start, end in _blocks(sound, detector):
        from_ms = max(0, start.at_ms - start.margin_ms)
        block = sound.between(from_ms, None if end is None else end.at_ms + end.margin_ms)

        def report(at_ms: int, from_ms: int = from_ms) -> None:
            watch.report(DECODED + (1 - DECODED) * (from_ms + at_ms) / sound.duration_ms)

        said = _hear(block, recogniser, language, watch, report)
        holes = [
            (hole, [shift(each, hole[0]) for each in _hear(block.between(*hole), recogniser, None, watch)])
            for hole in unheard.find(detector.speech(block.read()), said)
        ]
        said = unheard.fill(said, holes) if holes else said
        language = said[-1].language if said else language
        own = [shift(segment, from_ms) for segment in said]
        pieces.append(join.keep_own(own, start.at_ms, None if end is None else end.at_ms))
    return join.join(pieces)


def _hear(
    sound: Recording,
    recogniser: Recogniser,
    language: str | None,
    watch: Watch,
    report: Callable[[int], None] | None = None,
) -> list[Segment]:
    """On the clock of `sound`."""
    watch.check()
    said: list[Segment] = []
    with closing(recogniser.recognise(sound.read(), language)) as heard:
        for segment in heard:
            watch.check()
            said.append(segment)
            if report is not None:
                report(segment.end_ms)
    return said


def _blocks(sound: Recording, detector: VoiceDetector) -> list[tuple[Cut, Cut | None]]:
    marks = parts.plan_marks(sound.duration_ms, parts.BLOCK_MS * 3 // 2, parts.BLOCK_MS)
    cuts = [_cut(detector, sound.between(parts.window(mark_ms)[0]), mark_ms) for mark_ms in marks]
    return list(zip([Cut(0), *cuts], [*cuts, None], strict=True))


def _cut(detector: VoiceDetector, sound: Recording, mark_ms: int) -> Cut:
    """The cut near a mark, found in sound that begins where the mark's window does."""
    begins_ms, ends_ms = parts.window(mark_ms)
    sound = sound.between(0, ends_ms - begins_ms)
    speech = [
        (begins_ms + start_ms, begins_ms + end_ms) for start_ms, end_ms in detector.speech(sound.read())
    ]
    return parts.choose_cut(speech, (begins_ms, begins_ms + sound.duration_ms), mark_ms)


def shift(segment: Segment, by_ms: int) -> Segment:
    words = [replace(w, start_ms=w.start_ms + by_ms, end_ms=w.end_ms + by_ms) for w in segment.words]
    return build_segment(words, segment.language)
