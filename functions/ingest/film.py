"""Child side: what PyAV (FFmpeg) says of a video or audio file. Runs only in the sandbox.

FFmpeg's demuxers can open other files and sockets. Here the one demuxer that the first bytes called for is named and is the only
one allowed, no protocol is allowed, `io_open` refuses, external references of QuickTime are off. The first frames of picture and
sound and some near the end are decoded; the index and the last packets are held against what the header promises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import av
import av.error
from av.stream import Disposition

from acervo.assets import Kind
from functions.ingest import embedded, technical
from functions.ingest.extent import Cut, Outside, check_extent
from functions.ingest.kinds import Format
from functions.ingest.verdict import rejected

BUFFER_BYTES = 256 << 10
MAX_STREAMS, MAX_INDEX = 64, 8_000_000
HEAD_PACKETS, TAIL_PACKETS, MAX_TAIL_BYTES = 3_000, 20_000, 96 << 20
FRAMES = {"video": 12, "audio": 20}
TAIL_S, TAIL_FRAMES = 3.0, 3
DECODER_THREADS = 2
EXACT_END_S, USUAL_END_S = 0.1, 2.0
EXACT_END = ("flac",)  # the header counts the samples
NO_TRUE_END = ("mp3", "aac", "amr", "ogg")  # their length is guessed from their size, or read from their end
DAMAGE = (av.error.FFmpegError, ValueError, OverflowError, ZeroDivisionError)


def examine(file: BinaryIO, size: int, form: Format, max_pixels: int) -> dict[str, Any]:
    """{"kind", "technical", "embedded"}.

    Raises:
        Rejected: truncated, damaged, pointing elsewhere, without picture or sound, with an unknown codec, too large.
    """
    try:
        check_extent(file, size, form.name)
        file.seek(0)
        with _open(file, form) as container:
            return _look(container, size, form, max_pixels)
    except Cut as fault:
        raise rejected("truncated", str(fault)) from fault
    except Outside as fault:
        raise rejected("external-media") from fault
    except DAMAGE as fault:
        raise rejected("damaged", f"its {form.name} structure cannot be read") from fault


def _open(file: BinaryIO, form: Format) -> Any:
    options = {"format_whitelist": form.demuxer, "protocol_whitelist": "none", "max_streams": "200"}
    if form.demuxer == "mov":
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}
    return av.open(
        file,
        "r",
        format=form.demuxer,
        options=options,
        buffer_size=BUFFER_BYTES,
        metadata_errors="replace",
        io_open=_refuse,
    )


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("no other file is opened")


def _look(container: Any, size: int, form: Format, max_pixels: int) -> dict[str, Any]:
    streams = list(container.streams)[:MAX_STREAMS]
    pictures = [
        stream
        for stream in streams
        if stream.type == "video" and not stream.disposition & Disposition.attached_pic
    ]
    sounds = [stream for stream in streams if stream.type == "audio"]
    if not pictures and not sounds:
        raise rejected("no-picture-or-sound")
    main = [group[0] for group in (pictures, sounds) if group]
    for stream in main:
        _check_codec(stream, max_pixels)
    if form.demuxer == "mov":
        _check_index(streams, size)
    frames, times = _decode_head(container, main)
    duration_s = _duration_s(container, main)
    warnings = _check_tail(container, main, duration_s, form)
    if len(frames) < len(main):
        warnings.append("no sound can be decoded near its beginning")
    kind = Kind.VIDEO if pictures else Kind.AUDIO
    bits = container.bit_rate or (int(size * 8 / duration_s) if duration_s else None)
    return {
        "kind": kind,
        "technical": technical.known(
            container=form.name, duration_s=duration_s, size_bytes=size, bit_rate_bps=bits,
            video=_video(pictures[0], frames.get(pictures[0].index), times) if pictures else None,
            audio=[_audio(stream) for stream in sounds],
            subtitles=[technical.known(codec=_codec(stream), language=_language(stream)) for stream in streams if stream.type == "subtitle"] or None,
            timecode=_timecode(container, streams),
            warnings=warnings or None,
        ),
        "embedded": embedded.of_container(_tags(container, main)),
    }  # fmt: skip


# -- checks -----------------------------------------------------------------------------------------------------------
def _check_codec(stream: Any, max_pixels: int) -> None:
    context = stream.codec_context
    if context is None:
        raise rejected("unsupported-codec", f"{stream.type}, unknown")
    if stream.type == "video":
        if context.width * context.height > max_pixels:
            raise rejected("too-many-pixels", f"{context.width} by {context.height} pixels")
        context.thread_count = DECODER_THREADS


def _check_index(streams: list[Any], size: int) -> None:
    """Every sample that the index names must lie inside the file."""
    for stream in streams:
        for number, entry in enumerate(stream.index_entries):
            if entry.pos + entry.size > size:
                raise rejected("truncated", "its index names data beyond its end")
            if number > MAX_INDEX:
                break


def _packets(container: Any, streams: list[Any], most: int) -> Iterator[Any]:
    for number, packet in enumerate(container.demux(streams)):
        if number >= most:
            return
        yield packet


def _decode_head(container: Any, streams: list[Any]) -> tuple[dict[int, Any], list[int]]:
    """The first picture and sound frame by stream index, and the times of the first pictures.

    Raises:
        Rejected: the picture, or the sound where there is no picture, yields nothing.
    """
    frames: dict[int, Any] = {}
    counts = {stream.index: 0 for stream in streams}
    times: list[int] = []
    for packet in _packets(container, streams, HEAD_PACKETS):
        stream = packet.stream
        if stream.type == "video" and packet.pts is not None:
            times.append(packet.pts)
        if counts[stream.index] < FRAMES[stream.type]:
            for frame in _decoded(packet):
                frames.setdefault(stream.index, frame)
                counts[stream.index] += 1
        enough = all(counts[each.index] >= FRAMES[each.type] for each in streams)
        if enough and (len(times) > 60 or not any(each.type == "video" for each in streams)):
            break
    if not counts[streams[0].index]:  # a track of sound beside a picture may be empty, or begin late
        sense = "picture" if streams[0].type == "video" else "sound"
        raise rejected("damaged", f"no {sense} can be decoded from it")
    return frames, times[:-4] if len(times) > 12 else times  # the last ones may wait for reordered neighbours


def _decoded(packet: Any) -> list[Any]:
    """Frames of one packet; one that does not decode is skipped, as every player does."""
    try:
        return list(packet.decode())
    except (av.error.FFmpegError, ValueError):
        return []


def _duration_s(container: Any, streams: list[Any]) -> float | None:
    if container.duration and container.duration > 0:
        return round(float(container.duration) / av.time_base, 3)
    spans = [float(stream.duration * stream.time_base) for stream in streams if stream.duration]
    return round(max(spans), 3) if spans else None


def _check_tail(container: Any, streams: list[Any], duration_s: float | None, form: Format) -> list[str]:
    """Go near the end, decode there, and see how far the packets reach; warnings.

    Raises:
        Rejected: they end long before the duration that the header promises.
    """
    exact = form.name in EXACT_END
    if not duration_s or form.name in NO_TRUE_END or (duration_s < 2 * TAIL_S and not exact):
        return []
    start = (container.start_time or 0) / av.time_base
    try:
        container.seek(int((start + max(0.0, duration_s - TAIL_S)) * av.time_base), backward=True)
    except av.error.FFmpegError:
        return ["cannot be sought"]
    end_s, seen_bytes, decoded, whole = None, 0, 0, False
    for packet in _packets(container, streams, TAIL_PACKETS):
        if packet.size == 0:
            whole = True
            continue
        seen_bytes += packet.size
        if seen_bytes > MAX_TAIL_BYTES:
            break
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None:
            end_s = max(end_s or 0.0, float((at + (packet.duration or 0)) * packet.time_base) - start)
        if decoded < TAIL_FRAMES:
            decoded += len(_decoded(packet))
    tolerance_s = EXACT_END_S if exact else max(USUAL_END_S, duration_s * 0.02)
    short = technical.missing_tail_s(duration_s, end_s or 0.0, tolerance_s) if whole else None
    if short:
        raise rejected("truncated", f"the last {short:g} of {duration_s:g} seconds are missing")
    return [] if decoded else ["nothing near its end can be decoded"]


# -- what is said -----------------------------------------------------------------------------------------------------
def _video(stream: Any, frame: Any, times: list[int]) -> dict[str, Any]:
    context = stream.codec_context
    rotation = int(frame.rotation) % 360
    sample = stream.sample_aspect_ratio or None
    components = context.format.components if context.format else ()
    return technical.known(
        codec=_codec(stream), profile=stream.profile, width=context.width, height=context.height,
        display_aspect=technical.display_aspect(context.width, context.height, sample, rotation), sar=technical.ratio(sample, ":"),
        rotation=rotation, fps=technical.ratio(stream.average_rate or stream.guessed_rate), vfr=technical.is_variable(times),
        pix_fmt=context.pix_fmt, bit_depth=components[0].bits if components else None, interlaced=bool(frame.interlaced_frame),
        frames=stream.frames or None, bit_rate_bps=context.bit_rate or None, language=_language(stream),
        color=technical.colour(*(int(number) for number in (context.color_primaries, context.color_trc, context.colorspace, context.color_range))),
    )  # fmt: skip


def _audio(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    if context is None:
        return {"codec": "unknown"}
    return technical.known(
        codec=_codec(stream), profile=stream.profile, channels=context.channels, layout=context.layout.name,
        sample_rate_hz=context.sample_rate, bit_rate_bps=context.bit_rate or None, language=_language(stream),
        title=embedded.clean(stream.metadata.get("title", ""))[:200] or None,
    )  # fmt: skip


def _codec(stream: Any) -> str:
    context = stream.codec_context
    return "unknown" if context is None else str(context.codec.canonical_name)


def _language(stream: Any) -> str | None:
    said = embedded.clean(stream.metadata.get("language", ""))[:20]
    return said if said and said != "und" else None


def _timecode(container: Any, streams: list[Any]) -> str | None:
    said = (source.metadata.get("timecode") for source in (container, *streams))
    return next((embedded.clean(value)[:40] for value in said if value), None)


def _tags(container: Any, streams: list[Any]) -> dict[str, str]:
    """The container's tags; Ogg and others put them on the stream."""
    kept = ("language", "handler_name", "vendor_id", "encoder", "timecode")
    tags: dict[str, str] = {}
    for stream in streams:
        tags |= {name: value for name, value in stream.metadata.items() if name.lower() not in kept}
    return {**tags, **container.metadata}
