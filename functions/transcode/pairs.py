"""Mono tracks that are one soundtrack. Pure.

Broadcast files (XDCAM and other MXF, QuickTime from cameras) carry each channel as a track of its own: EBU R 123 puts them in pairs, and
six of them are 5.1. Tracks of another language or with another title are something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from functions.transcode.film import Soundtrack

TOGETHER = {
    6: (6,)
}  # monos in a row → channels of each soundtrack; others are pairs, a last odd one is alone


def join_monos(tracks: Sequence[Soundtrack]) -> tuple[Soundtrack, ...]:
    """Neighbours that are mono and of one language and title become stereo or 5.1; the order stays."""
    found: list[Soundtrack] = []
    for (channels, _, _), group in groupby(
        tracks, lambda track: (track.channels, track.language, track.title)
    ):
        run = list(group)
        if channels != 1 or len(run) == 1:
            found += run
            continue
        sizes = TOGETHER.get(len(run), (2,) * (len(run) // 2))
        at = 0
        for size in sizes:
            members = tuple(track.stream for track in run[at : at + size])
            found.append(replace(run[at], channels=size, members=members))
            at += size
        found += run[at:]
    return tuple(found)


def part_monos(tracks: Sequence[Soundtrack]) -> tuple[Soundtrack, ...]:
    """As they are in the master: for somebody who goes on with them."""
    return tuple(
        replace(track, stream=stream, channels=1 if track.members else track.channels, members=())
        for track in tracks
        for stream in (track.members or (track.stream,))
    )
