"""Which of a file's audio streams are soundtracks, which of them belong together, and which one is the main one: what plays first is what is heard.

The main soundtrack is the first that can be decoded: the preview plays it, captions are of it. FFmpeg's own choice is another (the
best-looking stream), so nobody asks for that. Broadcast files (XDCAM and other MXF, QuickTime from cameras) carry each channel as a
stream of its own: EBU R 123 puts them in pairs, and six of them are 5.1. Streams of another language or with another title are something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple, Protocol, TypeVar

TOGETHER = {
    6: (6,)
}  # monos in a row → channels of each soundtrack; others are pairs, a last odd one is alone


class Track(Protocol):
    @property
    def channels(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def title(self) -> str: ...


T = TypeVar("T", bound=Track)
S = TypeVar("S")


class Described(NamedTuple):
    """A `Track`: what a stream of a container says of itself."""

    language: str
    channels: int
    title: str


def describe(stream: Any) -> Described:
    """Of an audio stream (PyAV)."""
    return Described(
        (stream.language or "und")[:3], stream.channels, str(stream.metadata.get("title", ""))[:100]
    )


def decodable(streams: Iterable[S]) -> list[S]:
    """The audio streams (PyAV) that can be heard, in their order."""
    found: list[Any] = [*streams]
    return [stream for stream in found if stream.codec_context is not None and stream.channels]


def join(tracks: Sequence[T]) -> list[tuple[T, ...]]:
    """Those that are one soundtrack: neighbours that are mono and of one language and title become stereo or 5.1; the order stays."""
    found: list[tuple[T, ...]] = []
    for (channels, _, _), group in groupby(
        tracks, lambda track: (track.channels, track.language, track.title)
    ):
        run = list(group)
        sizes = TOGETHER.get(len(run), (2,) * (len(run) // 2)) if channels == 1 else ()
        at = 0
        for size in sizes:
            found.append(tuple(run[at : at + size]))
            at += size
        found += [(alone,) for alone in run[at:]]
    return found


def main(streams: Iterable[Any]) -> tuple[Any, ...]:
    """The audio streams (PyAV) of the main soundtrack: one, or several monos. Empty: nothing can be heard."""
    found = decodable(streams)
    joined = join([describe(stream) for stream in found])
    return tuple(found[: len(joined[0])]) if joined else ()
