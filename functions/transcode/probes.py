"""Where a film with an index of its own kind can be cut: by asking the demuxer for the key frame near each good place. Child side only.

MXF index tables and Matroska's cues are the demuxer's own; how it uses them is not shown, but a seek is cheap where they are. If one
turns out dear (the demuxer reads on and on), the film has no index that helps, and the caller reads it through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from acervo.ranges import RangeReader
from functions.transcode import master
from functions.transcode.profiles import CHUNK_MAX_S, CHUNK_MIN_S, CHUNK_TAIL_S

REORDERED = 2  # frames that x264's pyramid may come late
CONTAINERS = ("mxf", "matroska")
PREFERRED_S = (CHUNK_MIN_S + CHUNK_MAX_S) / 2
DEAR_SHARE, FREE_BYTES = 0.01, 4 << 20  # of the file; what any look at it costs


@dataclass(frozen=True)
class Index:
    """Times in the stream's time base; `keys` are of key frames, sorted; `widest` is the longest REORDERED frames take.

    `frames` is 0 where they were not counted.
    """

    keys: Sequence[int]
    end: int
    frames: int
    widest: int


def probe(
    container: InputContainer, reader: RangeReader, stream: VideoStream, origin: int, rate: Fraction
) -> Index | None:
    """The index of a film whose frames all last as long, or None when it has none that helps."""
    base = Fraction(stream.time_base or 1)
    length = stream.duration or round(Fraction(container.duration or 0, 1_000_000) / base)
    if not any(name in container.format.name for name in CONTAINERS) or length <= 0:
        return None
    master.only(container, stream)
    budget = reader.bytes_read + FREE_BYTES + round(reader.size * DEAR_SHARE)
    preferred, shortest, tail = (round(s / base) for s in (PREFERRED_S, CHUNK_MIN_S, CHUNK_TAIL_S))
    end = origin + length
    last = _last_end(container, stream, end, base)
    if last is None or reader.bytes_read > budget:
        return None
    end = last
    keys: list[int] = []
    cut = origin
    while end - cut > shortest + tail:
        found = _key_before(container, stream, cut + preferred)
        if found is None or reader.bytes_read > budget:
            return None
        if found >= cut + shortest:
            keys.append(found)
        cut = max(found, cut + shortest) if found >= cut + shortest else cut + round(CHUNK_MAX_S / base)
    return Index(keys, end, 0, round(REORDERED / (rate * base)))


def _key_before(container: InputContainer, stream: VideoStream, target: int) -> int | None:
    try:
        container.seek(target, stream=stream, backward=True)
        packet = next(container.demux(stream))
    except (av.FFmpegError, StopIteration):
        return None
    return packet.pts if packet.is_keyframe else None


def _last_end(container: InputContainer, stream: VideoStream, end: int, base: Fraction) -> int | None:
    """Where the last frame ends, by the packets behind the last key frame; None when a seek does not find them."""
    if _key_before(container, stream, end) is None:
        return None
    container.seek(end, stream=stream, backward=True)
    shown = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
    if not shown:
        return None
    step = shown[-1] - shown[-2] if len(shown) > 1 else round(Fraction(1, 25) / base)
    return shown[-1] + step
