"""Decoded sound in one format and in time. Child side only.

Sound starts exactly with the film: what is earlier is cut, what is late or missing is silence.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.filter.context import FilterContext

from functions.transcode import master

HOLE_S = 0.04  # shorter holes and overlaps of timestamps are rounding
SAY_EVERY_FRAMES = 200
STRAY_S = 10.0  # a soundtrack that ended is not waited for longer
BACK_OFF_S = (1, 3, 8, 20, 60)
MAX_HOLE_S = 600.0  # a timestamp further on is a broken one
LIMITER_RATE, LIMITER_MARGIN_DB = (
    4,
    0.5,
)  # times as many samples: peaks between samples count; the encoder adds a little
LIMITER = "attack=5:release=80:level=0:latency=1"
ROUNDING_S, NEAR_S = 0.001, 1.0  # where the clock jumped, every overlap counts
Pull = Iterator[AudioFrame]


class Resampler:
    """Decoded frames to one format, in time: holes filled, overlaps cut, the first sample at `origin_s`, at most `samples` of them.

    Args:
        jumps_s: after `origin_s`, where sound of two clocks meets: there it begins anew, exactly.
        ceiling_db: true peaks that the gain lifts over this are limited.
    """

    def __init__(
        self,
        rate: int,
        sample_format: str,
        layout: str | None,
        frame_size: int,
        origin_s: Fraction,
        gain_db: float = 0.0,
        samples: int | None = None,
        jumps_s: Sequence[float] = (),
        ceiling_db: float | None = None,
    ) -> None:
        self._jumps_s, self._ceiling_db = jumps_s, ceiling_db
        self._gain_db, self._left = gain_db, samples
        self._rate, self._format, self._layout, self._frame_size = rate, sample_format, layout, frame_size
        self._origin_s = origin_s
        self._graph: Graph | None = None
        self._kind: tuple[int, str, str] | None = None
        self._next_s: Fraction | None = None
        self._done = 0

    def push(self, frame: AudioFrame | None) -> Pull:
        """What comes out; None flushes. The frame's own time stays: somebody else may want it too."""
        if frame is None:
            yield from self._drain()
            return
        known = frame.pts, frame.time_base
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if kind != self._kind:
            yield from self._drain()
            self._build(frame)
            self._kind = kind
        base = Fraction(frame.time_base or Fraction(1, frame.sample_rate))
        at = self._next_s or Fraction(0) if frame.pts is None else frame.pts * base - self._origin_s
        expected = self._next_s or Fraction(0)
        if abs(at - expected) > MAX_HOLE_S:
            at = expected
        elif abs(at - expected) > ROUNDING_S and any(
            abs(float(at) - jump) < NEAR_S for jump in self._jumps_s
        ):
            yield from self._drain()
            self._build(frame)
        self._next_s = at + Fraction(frame.samples, frame.sample_rate)
        frame.time_base = Fraction(1, frame.sample_rate)
        frame.pts = round(at * frame.sample_rate)
        if self._graph is not None:
            self._graph.push(frame)
            frame.pts = known[0]
            if known[1]:
                frame.time_base = known[1]
            yield from self._pull()

    def _pull(self) -> Pull:
        while self._graph is not None:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)  # noqa: S101  # what an audio sink gives
            frame.pts, frame.time_base = self._done, Fraction(1, self._rate)
            self._done += frame.samples
            yield frame

    def _drain(self) -> Pull:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
            self._graph = None

    def _build(self, frame: AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format,
            layout=frame.layout,
            time_base=Fraction(1, frame.sample_rate),
        )
        layout = self._layout or frame.layout.name
        first = f"{self._rate}:async=1:min_hard_comp={HOLE_S}:first_pts={self._done}"
        chain = [
            source,
            *(
                [] if self._done else [graph.add("atrim", "start_pts=0")]
            ),  # the resampler cuts whole samples of its own
            graph.add("aresample", first),
            *([graph.add("volume", f"{self._gain_db}dB")] if self._gain_db else []),
            *self._limiter(graph),
            *([graph.add("atrim", f"end_sample={self._left}")] if self._left is not None else []),
            graph.add("aformat", f"sample_fmts={self._format}:channel_layouts={layout}"),
        ]
        if self._frame_size:
            chain.append(graph.add("asetnsamples", f"n={self._frame_size}:p=0"))
        graph.link_nodes(*chain, graph.add("abuffersink")).configure()
        self._graph = graph

    def _limiter(self, graph: Graph) -> list[FilterContext]:
        if self._ceiling_db is None:
            return []
        limit = 10 ** ((self._ceiling_db - LIMITER_MARGIN_DB) / 20)
        return [
            graph.add("aresample", str(self._rate * LIMITER_RATE)),
            graph.add("alimiter", f"limit={limit:.6f}:{LIMITER}"),
            graph.add("aresample", str(self._rate)),
        ]


def decode_range(
    container: InputContainer,
    streams: list[AudioStream],
    begin_s: Fraction,
    end_s: Fraction | None,
    span_s: float,
    say: Callable[[dict[str, Any]], None],
    whole: bool = True,
    shift: int = 0,
) -> Iterator[tuple[int, AudioFrame | None]]:
    """(stream index, frame) from `begin_s` of the master's clock or a little before it to `end_s` or a little after it, and at the
    end None once for each stream. Damaged packets are left out.

    Args:
        span_s: how long that is, for what is said of the progress.
        whole: from the file's beginning on, without a seek.
        shift: what to add to the file's times, in the streams' time base.
    """
    master.only(container, *streams)
    source = _frames(container, streams) if whole else _frames_from(container, streams, begin_s)
    source = _shifted(source, shift) if shift else source
    open_streams = {stream.index for stream in streams}
    for count, (index, frame) in enumerate(source):
        at_s = frame.time
        if end_s is not None and at_s is not None and at_s > end_s:
            open_streams.discard(index)
            if not open_streams or at_s > end_s + STRAY_S:
                break
            continue
        yield index, frame
        if count % SAY_EVERY_FRAMES == 0 and at_s is not None:
            say({"fraction": min(1.0, max(0.0, at_s - float(begin_s)) / max(span_s, 1e-3))})
    for stream in streams:
        yield stream.index, None


def _shifted(frames: Iterator[tuple[int, AudioFrame]], shift: int) -> Iterator[tuple[int, AudioFrame]]:
    for index, frame in frames:
        frame.pts = None if frame.pts is None else frame.pts + shift
        yield index, frame


def _frames_from(
    container: InputContainer, streams: list[AudioStream], begin_s: Fraction
) -> Iterator[tuple[int, AudioFrame]]:
    """From a place at or before `begin_s` on; a container may seek late, then further back. Nothing where the sound ended before."""
    silent = True
    for back_s in BACK_OFF_S:
        container.seek(max(0, int((begin_s - back_s) * 1_000_000)), backward=True)
        frames = _frames(container, streams)
        first = next(frames, None)
        silent = silent and first is None
        if first is not None and (first[1].time or 0.0) <= begin_s:
            return itertools.chain([first], frames)
        if begin_s <= back_s:
            return frames if first is None else itertools.chain([first], frames)
    if silent:
        return iter(())
    container.seek(0, backward=True)
    return _frames(container, streams)


def _frames(container: InputContainer, streams: list[AudioStream]) -> Iterator[tuple[int, AudioFrame]]:
    try:
        for packet in container.demux(streams):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in decoded:
                assert isinstance(frame, AudioFrame)  # noqa: S101  # of an audio stream
                yield packet.stream_index, frame
    except av.error.InvalidDataError:
        return  # the rest of the file cannot be read: what was heard until here counts
