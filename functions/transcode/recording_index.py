"""What sound by itself is, and where its parts can begin, without decoding it. Child side only.

Most containers say when a packet is heard, wherever one leaps to: nothing is read but their head. Bare files (MP3, ADTS) are read through once, and so
are transport streams without pictures, whose clock may jump, and files that do not say how long they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from acervo import ranges
from acervo.errors import Rejected
from functions.transcode import master
from functions.transcode.film import Soundtrack
from functions.transcode.index import MAX_DURATION_S, find_soundtracks
from functions.transcode.recording import EVERY_S, Bare, Recording, parse_bare

BARE = ("mp3", "aac")
STREAMED = ("mpegts", "mpeg")
BACK_S, FORWARD_S = 0.5, 10.0  # what a clock does that only goes on
READING_AHEAD = 2
UNKNOWN_CLOCK = "the recording's clock is broken: its sound is where the clock says"


@dataclass(frozen=True)
class _Through:
    """A file that was read from its beginning to its end: when its last packet ends, whether its times only go on, where its frames are."""

    end_s: Fraction
    steady: bool
    places: tuple[tuple[int, int], ...]


def index_recording(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: {"recording": …} of `arguments["source"]`.

    Args:
        arguments: source; perhaps `clip` (milliseconds, [in, out)), and `bare` as it was found before.

    Raises:
        Rejected: there is no sound in it, or it is damaged.
    """
    source, clip = arguments["source"], arguments.get("clip")
    with master.open_master(source, block=ranges.PROBE_BLOCK, ahead=0) as container:
        tracks, warnings = find_soundtracks(container)
        if not tracks:
            raise Rejected("no-sound", "the file has no sound")
        begin_s, demuxer = _beginning(container, tracks), container.format.name
        whole_s = float((container.duration or 0) / 1_000_000)
        base = Fraction(_main(container, tracks).time_base or 1)
        alone = not _pictures(container)
    found = Recording(
        tracks, begin_s, whole_s, bare=parse_bare(arguments.get("bare")), warnings=tuple(warnings)
    )
    if (demuxer in BARE and found.bare is None) or (demuxer in STREAMED and alone) or whole_s <= 0:
        seen = _read_through(source, tracks)
        found = replace(found, duration_s=max(0.0, float(seen.end_s - begin_s)))
        if demuxer in BARE:
            bare = Bare(demuxer, (base.numerator, base.denominator), seen.places)
            found = replace(found, bare=bare)
        elif not seen.steady:
            found = replace(found, entire=True, warnings=(*found.warnings, UNKNOWN_CLOCK))
    if clip is not None:
        begin_ms, end_ms = (int(at) for at in clip)
        found = replace(
            found, begin_s=begin_s + Fraction(begin_ms, 1000), duration_s=(end_ms - begin_ms) / 1000, clipped=True
        )  # fmt: skip
    elif found.duration_s > MAX_DURATION_S and not found.entire:
        hours = found.duration_s / 3600
        raise Rejected(
            "too-long", f"the recording's clock runs for {hours:.0f} hours: its timestamps are broken"
        )
    return {"recording": found.to_json()}


def _main(container: InputContainer, tracks: Sequence[Soundtrack]) -> AudioStream:
    stream = container.streams[tracks[0].stream]
    assert isinstance(stream, AudioStream)  # noqa: S101  # that is what soundtracks are
    return stream


def _pictures(container: InputContainer) -> list[Any]:
    return [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]


def _beginning(container: InputContainer, tracks: Sequence[Soundtrack]) -> Fraction:
    """A film's sound counts from where the film begins."""
    first = next(iter(_pictures(container)), None) or _main(container, tracks)
    return (first.start_time or 0) * Fraction(first.time_base or 1)


def _read_through(source: dict[str, Any], tracks: Sequence[Soundtrack]) -> _Through:
    with master.open_master(source, ahead=READING_AHEAD) as container:
        stream = _main(container, tracks)
        base = Fraction(stream.time_base or 1)
        master.only(container, stream)
        back, forward, every = (round(each / base) for each in (Fraction(BACK_S), FORWARD_S, EVERY_S))
        places: list[tuple[int, int]] = []
        last, end, due, steady = None, 0, None, True
        for packet in container.demux(stream):
            at = packet.pts
            if at is None:
                continue
            if last is not None and not -back <= at - last <= forward:
                steady = False
            last, end = at, max(end, at + (packet.duration or 0))
            if packet.pos is not None and (due is None or at >= due):
                places.append((packet.pos, at))
                due = at + every
    return _Through(end * base, steady, tuple(places))
