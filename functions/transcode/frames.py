"""Decoded frames around an interval, whatever the container's seeking does. Child side only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

BACK_OFF_S = (0, 1, 2, 4, 8, 16, 32, 64)


def decode(
    container: InputContainer, stream: VideoStream, packets: set[int] | None = None
) -> Iterator[VideoFrame]:
    """Frames in display order with times that only grow. Damaged packets are skipped: the frame count tells.

    Args:
        packets: gets the presentation times of all packets.

    A frame without a time follows its predecessor by one frame's length; one that does not move on, by one tick.
    """
    rate = stream.average_rate or stream.guessed_rate or 25
    step = max(1, round(1 / (rate * stream.time_base))) if stream.time_base else 1
    last: int | None = None
    for frame in _decoded(container, stream, packets):
        pts = frame.pts
        if pts is None:
            pts = (stream.start_time or 0) if last is None else last + step
        if last is not None and pts <= last:
            pts = last + 1
        frame.pts = last = pts
        yield frame


def _decoded(
    container: InputContainer, stream: VideoStream, packets: set[int] | None
) -> Iterator[VideoFrame]:
    try:
        for packet in container.demux(stream):
            if packets is not None and packet.pts is not None and not packet.is_discard:
                packets.add(packet.pts)
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue
    except av.error.InvalidDataError:
        return  # the rest of the file cannot be read


def frames_from(
    container: InputContainer,
    stream: VideoStream,
    start: int,
    beginning: int,
    packets: set[int] | None = None,
) -> Iterator[VideoFrame]:
    """Frames from one at or before `start` on, to the end of the film.

    MPEG-TS lands late (on the key frame after), so the first frame is looked at and the seek repeated further back.

    Args:
        beginning: time of the film's first frame.
    """
    if start <= beginning:
        return decode(container, stream, packets)
    for back_s in BACK_OFF_S:
        target = max(beginning, start - round(back_s / stream.time_base)) if stream.time_base else beginning
        container.seek(target, stream=stream, backward=True)
        frames = decode(container, stream, packets)
        first = next(frames, None)
        if first is not None and (_time(first) <= start or target == beginning):
            return itertools.chain([first], frames)
    container.seek(beginning, stream=stream, backward=True)
    return decode(container, stream, packets)


def _time(frame: VideoFrame) -> int:
    return frame.pts if frame.pts is not None else 0
