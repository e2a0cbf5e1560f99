"""Soundtracks of an open container as one sound: a stream as it is, or several side by side. Child side only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from functions.transcode.channels import Channels
from functions.transcode.film import Soundtrack


class Sounding:
    """Soundtracks as one: a stream of the master as it is, or several side by side.

    `origin_s` is where the first sample that is wanted is on the clock of the frames that come out.
    """

    def __init__(
        self, container: InputContainer, tracks: Sequence[Soundtrack], rate: int, begin_s: Fraction
    ) -> None:
        indexes = [index for track in tracks for index in track.streams]
        found = {each.index: each for each in container.streams.audio}
        self.streams = [found[index] for index in indexes]
        self._together: Channels | None = None
        self.channels, self.layout = self.streams[0].channels, self.streams[0].layout.name
        self.origin_s = begin_s
        if len(indexes) > 1:
            layouts = {each.index: _layout(each) for each in self.streams}
            self._together = (
                Channels.of_monos(indexes, rate, begin_s)
                if len(tracks) == 1
                else Channels(layouts, None, rate, begin_s, ())
            )
            self.channels, self.layout = self._together.count, self._together.layout
            self.origin_s = Fraction(0)

    def push(self, index: int, frame: AudioFrame | None) -> Iterator[AudioFrame | None]:
        """What comes out of a stream's frame; None ends it, and comes out when all have ended."""
        if all(index != stream.index for stream in self.streams):
            return
        if self._together is None:
            yield frame
        else:
            yield from self._together.push(index, frame)

    def mixed(self, most: int | None) -> str:
        """The layout of it in at most so many channels."""
        return {1: "mono", 2: "stereo"}.get(min(self.channels, most or self.channels), self.layout)


def _layout(stream: AudioStream) -> str:
    return {1: "mono", 2: "stereo"}.get(stream.channels, stream.layout.name)
