"""What a film is and where it can be cut, without decoding it: one frame for its looks, then the packets' times.

MP4 and MOV carry an index: only that and one packet a cut are read, not the film. MXF and Matroska with cues are asked for the key
frame near each place where a cut would be good. Other containers are read through once; a transport stream's clock is looked at on the
way, and read through again with a straight one where it jumps. A clip is looked at where it begins.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from acervo import ranges, soundtracks
from acervo.errors import Rejected
from functions.transcode import frames, master, probes
from functions.transcode.chunks import plan_chunks
from functions.transcode.clock import ClockFinder, describe
from functions.transcode.film import MAX_REORDER_S, Film, Picture, Soundtrack, build_timeline
from functions.transcode.pairs import join_monos
from functions.transcode.probes import REORDERED, Index
from functions.transcode.profiles import SOUNDTRACK

AAC_DELAY_S = 1024 / SOUNDTRACK.sample_rate
LOOKED_AT_FRAMES = 8
DEFAULT_RATE = Fraction(25)
STEADY = 0.5  # of a frame: containers round their times
AHEAD_PACKETS = 16  # the most frames that H.264 and HEVC hold back
MAX_SOUNDTRACKS, MAX_RATE = 16, 240
CLIP_CHUNK_S = (20.0, 30.0, 5.0)  # somebody waits: smaller pieces than of a whole film
MAX_DURATION_S = 48 * 3600
RECORDING = "mpegts"


@dataclass(frozen=True)
class Look:
    """What the first frames say."""

    picture: Picture
    origin: int
    base: Fraction
    rate: Fraction
    steady: bool  # all frames last as long
    soundtracks: tuple[Soundtrack, ...]
    warnings: tuple[str, ...]
    container: str


def index_film(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: {"film": …, "chunks": [[start, end], …], "clock": …} of `arguments["source"]`.

    The clock (None: the file's own) belongs into the source from then on: the times of film and chunks are its.

    Raises:
        Rejected: it has no picture, or is damaged.
    """
    source = arguments["source"]
    seen = _look(source)
    with master.open_with_reader(source, block=ranges.PROBE_BLOCK, ahead=0) as (container, reader):
        stream = master.video_stream(container)
        found = _indexed(container, stream, seen.origin)
        if found is None and seen.steady:
            found = probes.probe(container, reader, stream, seen.origin, seen.rate)
    finder: ClockFinder | None = None
    if found is None:
        finder = ClockFinder() if seen.container == RECORDING else None
        found = _read_through(source, seen.origin, finder)
    clock = finder.clock() if finder else None
    if clock is not None:
        source = {**source, "clock": clock.to_json()}
        seen = _look(source)
        found = _read_through(source, seen.origin)
    timeline = build_timeline(
        seen.base, seen.origin, found.end, seen.rate, float(found.widest * seen.base), AAC_DELAY_S if seen.soundtracks else 0.0
    )  # fmt: skip
    if timeline.duration_s > MAX_DURATION_S:
        raise Rejected(
            "too-long",
            f"the film's clock runs for {timeline.duration_s / 3600:.0f} hours: its timestamps are broken",
        )
    warnings = (*seen.warnings, *(describe(finder) if finder else ()))
    film = Film(
        seen.picture,
        timeline,
        seen.soundtracks,
        found.frames,
        warnings,
        finder.jumps_s if clock and finder else (),
    )
    chunks = plan_chunks(found.keys, seen.origin, timeline.end, seen.base)
    return {
        "film": film.to_json(), "chunks": [list(asdict(chunk).values()) for chunk in chunks], "clock": source.get("clock"),
    }  # fmt: skip


def index_clip(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: the same of `arguments["clip"]` (milliseconds from the film's beginning, [in, out)), and "beginning": when the
    master's first frame is shown. Without a clip the whole film, by what the container says of its length.

    The clip begins with the first frame that is shown at `in` or later (a millisecond is forgiven: people round).

    Raises:
        Rejected: there is no picture, or none there.
    """
    source, clip = arguments["source"], arguments.get("clip")
    seen = _look(source)
    with master.open_master(source, block=ranges.PROBE_BLOCK, ahead=0) as container:
        stream = master.video_stream(container)
        master.only(container, stream)
        length = stream.duration or round(Fraction(container.duration or 0, 1_000_000) / seen.base)
        if clip is None:
            start, end, widest = seen.origin, seen.origin + max(1, length), 0
        else:
            forgiven = round(Fraction(1, 1000) / seen.base)
            begin, end = (seen.origin + round(Fraction(at, 1000) / seen.base) - forgiven for at in clip)
            start, widest = _first_frame(container, stream, begin, seen)
    if length and clip is not None:
        end = min(end + round(Fraction(1, 1000) / seen.base), seen.origin + length)
    usual = round(REORDERED / (seen.rate * seen.base))
    gap_s = float(max(widest, usual) * seen.base) if seen.steady else MAX_REORDER_S
    timeline = build_timeline(
        seen.base, start, end, seen.rate, 0.0 if arguments.get("intra") else gap_s, AAC_DELAY_S if seen.soundtracks else 0.0
    )  # fmt: skip
    film = Film(seen.picture, replace(timeline, clipped=clip is not None), seen.soundtracks, 0, seen.warnings)
    chunks = plan_chunks([], start, timeline.end, seen.base, *CLIP_CHUNK_S)
    return {
        "film": film.to_json(), "chunks": [list(asdict(chunk).values()) for chunk in chunks], "beginning": seen.origin,
    }  # fmt: skip


def _look(source: dict[str, Any]) -> Look:
    with master.open_master(source, block=ranges.PROBE_BLOCK, ahead=0) as container:
        stream = master.video_stream(container)
        soundtracks, warnings = find_soundtracks(container)
        seen = list(islice(frames.decode(container, stream), LOOKED_AT_FRAMES))
        if not seen:
            raise Rejected("no-picture", "not one frame of the film can be decoded")
        picture, origin = look(seen, stream), seen[0].pts or 0
        base = Fraction(stream.time_base or Fraction(1, 90_000))
        rate = Fraction(stream.average_rate or stream.guessed_rate or DEFAULT_RATE)
        guessed = Fraction(stream.guessed_rate or 0)
        name = container.format.name
        steps = [b.pts - a.pts for a, b in pairwise(seen) if a.pts is not None and b.pts is not None]
    if not 0 < rate <= MAX_RATE:
        rate = DEFAULT_RATE
    steady = abs(rate - guessed) <= rate / 100 and all(abs(step * base * rate - 1) < STEADY for step in steps)
    if picture.hdr:
        warnings.append("the master is HDR: its renditions are tone-mapped to SDR")
    return Look(picture, origin, base, rate, steady, soundtracks, tuple(warnings), name)


def _first_frame(container: InputContainer, stream: VideoStream, begin: int, seen: Look) -> tuple[int, int]:
    """When the first frame at or after `begin` is shown, and the longest that REORDERED frames take around it."""
    for back_s in frames.BACK_OFF_S:
        target = max(seen.origin, begin - round(back_s / seen.base))
        container.seek(target, stream=stream, backward=True)
        shown: list[int] = []
        before = False
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            before = before or packet.pts <= begin
            shown.append(packet.pts)
            if (
                packet.dts is not None
                and packet.dts > begin
                and len([pts for pts in shown if pts >= begin]) > AHEAD_PACKETS
            ):
                break
        if before or target == seen.origin:
            shown.sort()
            later = [pts for pts in shown if pts >= begin]
            if not later:
                break
            return later[0], _widest(shown)
    raise Rejected("outside", "the clip begins after the film's last frame")


def find_soundtracks(container: InputContainer) -> tuple[tuple[Soundtrack, ...], list[str]]:
    """What can be heard, and what an editor should know."""
    streams = container.streams.audio
    heard = soundtracks.decodable(streams)
    warnings = []
    if len(heard) < len(streams):
        warnings.append(
            f"{len(streams) - len(heard)} of {len(streams)} soundtracks are of a kind that cannot be decoded"
        )
    tracks = join_monos([Soundtrack(at.index, *soundtracks.describe(at)) for at in heard])
    if len(tracks) > MAX_SOUNDTRACKS:
        warnings.append(
            f"only the first {MAX_SOUNDTRACKS} of {len(tracks)} soundtracks are in the renditions"
        )
    return tracks[:MAX_SOUNDTRACKS], warnings


def look(seen: Sequence[VideoFrame], stream: VideoStream) -> Picture:
    """The picture's properties from its first frames."""
    first = seen[0]
    sar = stream.sample_aspect_ratio or Fraction(1)
    return Picture(
        first.width, first.height, (sar.numerator, sar.denominator), -round(first.rotation / 90) * 90 % 360, first.format.name,
        any(frame.interlaced_frame for frame in seen),
        int(first.color_primaries), int(first.color_trc), int(first.colorspace),
        int(first.color_range) == 2 or first.format.name.startswith("yuvj"),
    )  # fmt: skip


def _indexed(container: InputContainer, stream: VideoStream, origin: int) -> Index | None:
    """From the container's own index, or None when it has none that is whole.

    It holds decode times: the presentation times of the key frames that become cuts are read from the packets themselves.
    """
    if "mov" not in container.format.name or not stream.frames or len(stream.index_entries) < stream.frames:
        return None
    entries = [entry for entry in stream.index_entries if not entry.is_discard]
    times = [entry.timestamp for entry in entries]
    keys = [entry.timestamp for entry in entries if entry.is_keyframe]
    if not keys or times != sorted(times):
        return None
    shift = origin - keys[0]
    end = times[-1] + shift + _step(times)
    master.only(container, stream)
    base = Fraction(stream.time_base or Fraction(1, 90_000))
    exact: list[int] = []
    for chunk in plan_chunks([key + shift for key in keys], origin, end, base)[1:]:
        at = bisect.bisect_right(keys, chunk.start - shift) - 1
        container.seek(keys[at] + shift, stream=stream, backward=True)  # by presentation time
        packet = next(container.demux(stream))
        if packet.pts is not None and packet.is_keyframe:
            exact.append(packet.pts)
    return Index(exact, end, len(entries), _widest(times))


def _read_through(source: dict[str, Any], origin: int, finder: ClockFinder | None = None) -> Index:
    hear = finder.feed if finder else None
    with master.open_with_reader(source, 2 * ranges.STREAM_BLOCK, 2, hear=hear) as (container, _):
        return _all_packets(container, master.video_stream(container), origin)


def _all_packets(container: InputContainer, stream: VideoStream, origin: int) -> Index:
    master.only(container, stream)
    times: list[int] = []
    keys: list[int] = []
    end = origin
    for packet in container.demux(stream):
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None or time < origin or packet.is_discard:
            continue
        times.append(time)
        if packet.is_keyframe:
            keys.append(time)
        end = max(end, time + (packet.duration or 0))
    times.sort()
    if not times:
        return Index([], origin + 1, 0, 1)
    return Index(
        sorted(keys),
        max(end, times[-1] + _step(times)) if end == times[-1] else end,
        len(times),
        _widest(times),
    )


def _step(times: Sequence[int]) -> int:
    """The usual length of a frame."""
    gaps = sorted(b - a for a, b in pairwise(times))
    return max(1, gaps[len(gaps) // 2]) if gaps else 1


def _widest(times: Sequence[int]) -> int:
    """The longest that REORDERED frames in a row take."""
    return max(
        (b - a for a, b in zip(times, times[REORDERED:], strict=False)), default=REORDERED * _step(times)
    )
