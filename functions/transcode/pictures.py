"""From decoded frames to pictures as they are shown: deinterlaced, upright, SDR, 8 bit, in every size at once. Child side only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from functions.transcode.film import Picture
from functions.transcode.filters import Size, plan_filters, plan_scale


class Pictures:
    """A filter graph with one output a size, rebuilt when the frames change their format half way.

    Args:
        pixels: pixel format of what comes out.
    """

    def __init__(
        self,
        picture: Picture,
        sizes: Sequence[Size],
        threads: int,
        tone_map: str | None = None,
        pixels: str = "yuv420p",
    ) -> None:
        self._picture, self._sizes, self._threads = picture, tuple(sizes), threads
        self._tone_map, self._pixels = tone_map, pixels
        self._graph: Graph | None = None
        self._sinks: list[FilterContext] = []
        self._kind: tuple[int, int, str] | None = None

    def push(self, frame: VideoFrame | None) -> Iterator[tuple[Fraction, list[VideoFrame]]]:
        """(time in seconds, one picture for each size) of what comes out; None flushes."""
        if frame is not None and (frame.width, frame.height, frame.format.name) != self._kind:
            yield from self.push(None)
            self._build(frame)
        if self._graph is None:
            return
        self._graph.vpush(frame)
        while pulled := self._pull():
            yield (pulled[0].pts or 0) * Fraction(pulled[0].time_base or 1), pulled
        if frame is None:
            self._graph, self._kind, self._sinks = None, None, []

    def _pull(self) -> list[VideoFrame]:
        """One picture from every output, or nothing while the filters wait for more."""
        pulled: list[VideoFrame] = []
        for sink in self._sinks:
            try:
                picture = sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return []
            assert isinstance(picture, VideoFrame)  # noqa: S101  # what a video sink gives
            pulled.append(picture)
        return pulled

    def _build(self, frame: VideoFrame) -> None:
        graph = Graph()
        graph.threads = self._threads
        base = Fraction(frame.time_base or Fraction(1, 90_000))
        source = graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:pixel_aspect=1/1"
            f":time_base={base.numerator}/{base.denominator}:colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
        )
        for text in plan_filters(self._picture, self._tone_map):
            source = _chain(graph, source, text)
        split = _chain(graph, source, f"split={len(self._sizes)}")
        self._sinks = []
        for number, size in enumerate(self._sizes):
            scaled = _chain(graph, split, plan_scale(self._picture, size, self._tone_map is not None), number)
            self._sinks.append(_chain(graph, _chain(graph, scaled, f"format={self._pixels}"), "buffersink"))
        graph.configure()
        self._graph, self._kind = graph, (frame.width, frame.height, frame.format.name)


def _chain(graph: Graph, before: FilterContext, text: str, output: int = 0) -> FilterContext:
    name, _, arguments = text.partition("=")
    following = graph.add(name, arguments or None)
    before.link_to(following, output)
    return following
