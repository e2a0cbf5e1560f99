"""Mono tracks that are one soundtrack (`acervo/soundtracks.py` says which). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acervo import soundtracks
from functions.transcode.film import Soundtrack


def join_monos(tracks: Sequence[Soundtrack]) -> tuple[Soundtrack, ...]:
    """Neighbours that are mono and of one language and title become stereo or 5.1; the order stays."""
    return tuple(
        replace(first, channels=1 + len(others), members=tuple(each.stream for each in (first, *others)))
        if others
        else first
        for first, *others in soundtracks.join(tracks)
    )


def part_monos(tracks: Sequence[Soundtrack]) -> tuple[Soundtrack, ...]:
    """As they are in the master: for somebody who goes on with them."""
    return tuple(
        replace(track, stream=stream, channels=1 if track.members else track.channels, members=())
        for track in tracks
        for stream in (track.members or (track.stream,))
    )
