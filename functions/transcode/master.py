"""Opening a master for decoding: by presigned URL and ranges, with the demuxers and protocols that are allowed. Child side only."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.stream import VideoStream

from acervo import ranges
from acervo.clocks import Straight, parse_clock
from acervo.errors import Rejected
from functions.transcode.overheard import Overheard
from functions.transcode.windowed import Windowed

# Playlists, SDP and concat scripts name other files: a demuxer that follows them is not among these.
DEMUXERS = (
    "mov", "matroska", "mpegts", "mpeg", "mpegvideo", "mxf", "avi", "asf", "flv", "dv", "gxf", "ogg",
    "wav", "w64", "aiff", "caf", "mp3", "flac", "aac", "ac3", "eac3", "amr", "au",
)  # fmt: skip
OPTIONS = {"format_whitelist": ",".join(DEMUXERS), "protocol_whitelist": "none"}
BUFFER_BYTES = 1 << 20


def damaged() -> Rejected:
    return Rejected("unreadable", "the file is damaged, or is not the kind of media it says it is")


@contextmanager
def open_with_reader(
    source: Mapping[str, Any],
    block: int = ranges.STREAM_BLOCK,
    ahead: int = 1,
    hardware: HWAccel | None = None,
    hear: Callable[[bytes], None] | None = None,
) -> Iterator[tuple[InputContainer, ranges.RangeReader]]:
    """The demuxer over a master, and what counts the bytes that it fetches.

    Args:
        source: `url`, `size_bytes` and `etag` of the object; perhaps the `clock` that it shall have, or the `window` on its bytes.
        hardware: decodes pictures, where it can.
        hear: gets every byte of the file as it is, once and in order, as far as it was read without a leap; the rest at the end.

    Raises:
        Rejected: not media, or damaged (also while it is used).
    """
    reader = ranges.open_url(source["url"], source["size_bytes"], source.get("etag"), block, ahead)
    window: Mapping[str, Any] | None = source.get("window")
    file: io.RawIOBase = reader
    if window:
        file = Windowed(reader, window["first"], window["until"])
    elif source.get("clock"):
        file = Straight(reader, parse_clock(source["clock"]))
    overheard = Overheard(reader, hear) if hear else None
    try:
        with av.open(
            overheard or file,
            mode="r",
            format=window["demuxer"] if window else None,
            options=dict(OPTIONS),
            buffer_size=min(BUFFER_BYTES, block),
            metadata_errors="replace",
            hwaccel=hardware,
        ) as container:
            yield container, reader
        if overheard:
            overheard.finish()
    except (av.FFmpegError, ValueError) as fault:  # ValueError: PyAV's own for what FFmpeg leaves undefined
        raise damaged() from fault
    finally:
        reader.close()


@contextmanager
def open_master(
    source: Mapping[str, Any],
    block: int = ranges.STREAM_BLOCK,
    ahead: int = 1,
    hardware: HWAccel | None = None,
) -> Iterator[InputContainer]:
    """The demuxer alone. Raises as `open_with_reader`."""
    with open_with_reader(source, block, ahead, hardware) as (container, _):
        yield container


def video_stream(container: InputContainer) -> VideoStream:
    """The film's picture: the first video stream that is no cover art.

    Raises:
        Rejected: there is none, or none that can be decoded.
    """
    for stream in container.streams.video:
        if stream.disposition & av.stream.Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise Rejected("unknown-codec", "the film's picture is of a kind that cannot be decoded")
        return stream
    raise Rejected("no-picture", "the film has no picture")


def only(container: InputContainer, *wanted: Any) -> None:
    """Packets of other streams are skipped unread where the container allows it."""
    for stream in container.streams:
        if not any(stream is chosen for chosen in wanted):
            stream.discard = av.stream.Discard.all
