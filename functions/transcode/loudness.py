"""Loudness by EBU R128 (ITU-R BS.1770): measured over the whole, then one gain for the whole; nothing is pumped. Child side only."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

TARGET_LUFS, PEAK_DBTP = -23.0, -1.0  # EBU R128 and EBU Tech 3343
SILENCE_LUFS = -60.0  # below that there is nothing to make louder
MAX_GAIN_DB = 30.0
TAGS = ("I", "LRA", "true_peak")  # all of them are of everything until now


@dataclass(frozen=True)
class Loudness:
    """`integrated_lufs` of the programme, its loudness range, and its true peak."""

    integrated_lufs: float
    range_lu: float
    peak_dbtp: float

    @property
    def gain_db(self) -> float:
        """What brings it to the target, as far as the peaks allow it."""
        if self.integrated_lufs <= SILENCE_LUFS:
            return 0.0
        wanted = min(TARGET_LUFS - self.integrated_lufs, MAX_GAIN_DB)
        return round(min(wanted, PEAK_DBTP - self.peak_dbtp) if wanted > 0 else wanted, 2)

    def to_json(self) -> dict[str, float]:
        return {
            "integrated_lufs": round(self.integrated_lufs, 2),
            "range_lu": round(self.range_lu, 2),
            "peak_dbtp": round(self.peak_dbtp, 2),
            "gain_db": self.gain_db,
        }


class Meter:
    """Takes decoded frames of any format; the figures come at the end."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._sink: FilterContext | None = None
        self._kind: tuple[int, str, str] | None = None
        self._found: dict[str, float] = {}

    def push(self, frame: AudioFrame) -> None:
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self._kind is None:
            self._build(frame)
            self._kind = kind
        if kind != self._kind or self._graph is None:
            return  # a format that changes half way is measured in its first part
        self._graph.push(frame)
        self._read()

    def measure(self) -> Loudness:
        if self._graph is not None:
            self._graph.push(None)
            self._read()
        peak = max(self._found.get("true_peak", 0.0), 1e-6)
        return Loudness(self._found.get("I", SILENCE_LUFS), self._found.get("LRA", 0.0), 20 * log10(peak))

    def _read(self) -> None:
        while self._sink is not None:
            try:
                measured = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(measured, AudioFrame)  # noqa: S101  # what an audio sink gives
            for name in TAGS:
                value = measured.metadata.get(f"lavfi.r128.{name}", "nan")
                if value not in ("nan", "-inf", "inf"):
                    self._found[name] = float(value)

    def _build(self, frame: AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        )
        meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
        self._sink = graph.add("abuffersink")
        graph.link_nodes(source, meter, self._sink).configure()
        self._graph = graph
