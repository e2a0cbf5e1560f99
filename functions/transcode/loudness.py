"""The meter of EBU R128: what FFmpeg's `ebur128` says of every block. Child side only."""

from __future__ import annotations

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

from functions.transcode.heard import ABSOLUTE_GATE_LUFS, BINS_A_LU, Heard, Loudness

BLOCK, LONGER, PEAK = "M", "S", "true_peak"  # the last one is of everything until now


class Meter:
    """Takes decoded frames of any format; the figures come at the end."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._sink: FilterContext | None = None
        self._kind: tuple[int, str, str] | None = None
        self._heard = Heard()

    def push(self, frame: AudioFrame) -> None:
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self._kind is None:
            self._build(frame)
            self._kind = kind
        if kind != self._kind or self._graph is None:
            return  # a format that changes half way is measured in its first part
        self._graph.push(frame)
        self._read()

    def finish(self) -> Heard:
        if self._graph is not None:
            self._graph.push(None)
            self._read()
        return self._heard

    def measure(self) -> Loudness:
        return self.finish().loudness

    def _read(self) -> None:
        while self._sink is not None:
            try:
                measured = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(measured, AudioFrame)  # noqa: S101  # what an audio sink gives
            said = {
                name: float(value)
                for name in (BLOCK, LONGER, PEAK)
                if (value := measured.metadata.get(f"lavfi.r128.{name}", "nan")) not in ("nan", "-inf", "inf")
            }
            if said.get(BLOCK, ABSOLUTE_GATE_LUFS) > ABSOLUTE_GATE_LUFS:
                self._heard.blocks[round(said[BLOCK] * BINS_A_LU)] += 1
            if said.get(LONGER, ABSOLUTE_GATE_LUFS) > ABSOLUTE_GATE_LUFS:
                self._heard.longer[round(said[LONGER] * BINS_A_LU)] += 1
            self._heard.peak = max(self._heard.peak, said.get(PEAK, 0.0))

    def _build(self, frame: AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        )
        meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
        self._sink = graph.add("abuffersink")
        graph.link_nodes(source, meter, self._sink).configure()
        self._graph = graph
