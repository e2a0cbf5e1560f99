"""In the sandbox: a master opened for decoding, with the demuxers and protocols that are allowed, and where its time begins.

Times are those of the renditions (functions/transcode): zero is when a film's first picture is shown, and a recording whose clock jumps is
read with a straight one. What is heard and seen here is shown beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import av
import av.error
from av.stream import Discard, Disposition

from acervo.clocks import Straight, parse_clock
from acervo.ranges import RangeReader, open_url

FORMATS = "mov,mp4,matroska,webm,mpegts,mpeg,mxf,avi,wav,w64,aiff,caf,au,flac,mp3,aac,ogg,asf,flv,ac3,eac3,amr,amrnb,amrwb,dv,gxf,aa"
MOST_PACKETS = 2000  # without one picture among them: nobody will see when that film begins
File = RangeReader | Straight


@contextmanager
def open_file(arguments: Mapping[str, Any]) -> Iterator[File]:
    """The master's bytes: `url`, `size` and `etag`; perhaps the `clock` that it shall have."""
    with open_url(
        arguments["url"], int(arguments["size"]), arguments.get("etag"), block=1 << 20, ahead=2
    ) as reader:
        clock = arguments.get("clock")
        yield Straight(reader, parse_clock(clock)) if clock else reader


def open_container(file: File) -> Any:
    """A demuxer from the file's beginning on: where it lands after a seek may depend on what it read before.

    Raises FFmpegError: it is none of these.
    """
    file.seek(0)
    return av.open(
        file,
        mode="r",
        metadata_errors="replace",
        options={"format_whitelist": FORMATS, "protocol_whitelist": "none"},
    )


def find_zero_s(file: File) -> float:
    """When the first picture is shown on the container's clock; of mere sound, where the container begins.

    Raises FFmpegError: it cannot be opened.
    """
    with open_container(file) as container:
        begins_s = float((container.start_time or 0) / av.time_base)
        stream = find_picture(container)
        if stream is None or stream.codec_context is None:
            return begins_s
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        return next(_times(container, stream), begins_s)


def find_picture(container: Any) -> Any:
    """The film's picture, as its renditions have it: the first video stream that is no cover art. None: mere sound."""
    return next(
        (each for each in container.streams.video if not each.disposition & Disposition.attached_pic), None
    )


def _times(container: Any, stream: Any) -> Iterator[float]:
    """Of the pictures that can be decoded, until there is no going on."""
    try:
        for packet in islice(container.demux(stream), MOST_PACKETS):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            yield from (float(frame.time) for frame in frames if frame.time is not None)
    except av.error.FFmpegError:  # no decoder for such pictures, or the rest cannot be read: what there is to hear is heard all the same
        return
