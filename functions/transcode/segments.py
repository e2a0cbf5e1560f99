"""A group of coded pictures as one segment: decode times are the sorted presentation times. Values and a writer, no codec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.transcode.fragments import Sample
from functions.transcode.samples import PieceWriter


@dataclass(frozen=True)
class Coded:
    """A packet: when it is shown (ticks), and its bytes as MP4 has them."""

    pts: int
    data: bytes
    is_key: bool


def write_segment(writer: PieceWriter, coded: Sequence[Coded], end: int, delay: int) -> None:
    """Packets in the order of decoding, the first a key frame; the last one lasts until `end`."""
    if not coded:
        return
    ordered = sorted(packet.pts for packet in coded)
    following = [*ordered[1:], max(end, ordered[-1] + 1)]
    samples = [
        Sample(len(packet.data), after - at, packet.pts - at + delay)
        for packet, at, after in zip(coded, ordered, following, strict=True)
    ]
    writer.add(ordered[0], samples, [packet.data for packet in coded])
