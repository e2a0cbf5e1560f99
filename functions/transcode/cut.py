"""A clip in the master's own coding: packets are copied where they can be, frames at the borders are encoded again. Child side only.

| the master is | its clip is |
| --- | --- |
| coded frame by frame (ProRes, DNxHD, …) | its packets, copied; frame-exact |
| H.264 whose groups of pictures stand alone | copied groups, and the two at the borders encoded again (`smartcut`) |
| anything else | encoded again as H.264 of high quality |
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from acervo import ranges
from acervo.errors import Rejected
from functions.transcode import encode, index, joined, master, smartcut, soundtracks
from functions.transcode.film import parse_film
from functions.transcode.ladder import BITRATE_POWER, Rung, display_size, fit
from functions.transcode.smartcut import NotSmart
from functions.transcode.stitched import stitch

INTRA = (
    "prores",
    "dnxhd",
    "mjpeg",
    "cfhd",
    "rawvideo",
    "v210",
    "jpeg2000",
    "dvvideo",
    "ffv1",
    "huffyuv",
    "qtrle",
    "png",
)
FULL_HD_KBPS, FULL_HD = 20_000, 1920 * 1080
FORGIVEN_S = Fraction(1, 1000)  # people round
Say = Callable[[dict[str, Any]], None]


def cut_clip(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: writes the clip's file into `directory`.

    Args:
        arguments: source, clip (milliseconds, [in, out)), directory, preset, threads.

    Returns:
        file, mime_type, detail (frames, copied_frames, duration_s, width, height, codecs).

    Raises:
        Rejected: there is no picture, or none there.
    """
    source = arguments["source"]
    with master.open_master(source, block=ranges.PROBE_BLOCK, ahead=0) as container:
        stream = master.video_stream(container)
        codec = stream.codec_context.name
        if codec in INTRA:
            return _copy(container, stream, arguments, say)
    if codec == "h264":
        try:
            return smartcut.cut(arguments, say)
        except NotSmart as fault:
            return _encode(arguments, say, str(fault))
    return _encode(arguments, say, f"groups of pictures of {codec} are not joined to others")


def _copy(
    container: InputContainer, stream: VideoStream, arguments: dict[str, Any], say: Say
) -> dict[str, Any]:
    """Every frame stands alone, and sound does too: both are copied into a QuickTime file."""
    base = Fraction(stream.time_base or 1)
    origin_s = (stream.start_time or 0) * base
    begin_s, end_s = (origin_s + Fraction(at, 1000) - FORGIVEN_S for at in arguments["clip"])
    sounds = [each for each in container.streams.audio if each.codec_context is not None and each.channels]
    chosen: list[Any] = [stream, *sounds]
    master.only(container, *chosen)
    container.seek(max(0, int(begin_s * 1_000_000)), backward=True)
    name, frames, first_s = "clip.mov", 0, None
    last_s = begin_s
    with av.open(str(Path(arguments["directory"]) / name), "w", format="mov") as out:
        into = {each.index: out.add_stream_from_template(each) for each in chosen}
        late: list[Any] = []
        for packet in container.demux(chosen):
            if packet.pts is None or packet.time_base is None:
                continue
            at_s = packet.pts * Fraction(packet.time_base)
            if at_s >= end_s and packet.stream_index == stream.index:
                break
            if not begin_s <= at_s < end_s:
                continue
            if first_s is None:
                if packet.stream_index != stream.index:
                    late.append(packet)
                    continue
                first_s = at_s
            for each in [*late, packet]:
                _mux(out, into, each, first_s)
            late = []
            if packet.stream_index == stream.index:
                frames += 1
                last_s = at_s + (packet.duration or 0) * Fraction(packet.time_base)
                say({"fraction": float((at_s - begin_s) / (end_s - begin_s))})
    if first_s is None:
        raise Rejected("outside", "the clip begins after the film's last frame")
    detail = {
        "frames": frames, "copied_frames": frames, "duration_s": round(float(last_s - first_s), 3), "width": stream.width,
        "height": stream.height, "codecs": stream.codec_context.name,
    }  # fmt: skip
    return {"file": name, "mime_type": "video/quicktime", "detail": detail}


def _mux(out: Any, into: dict[int, Any], packet: Any, first_s: Fraction) -> None:
    """A packet on the clip's clock; sound that begins before the picture is left out."""
    shift = round(first_s / Fraction(packet.time_base))
    if packet.pts < shift:
        return
    packet.pts -= shift
    packet.dts = packet.pts
    packet.stream = into[packet.stream_index]
    out.mux(packet)


def _encode(arguments: dict[str, Any], say: Say, why: str) -> dict[str, Any]:
    """The usual encoder over the clip, with a bitrate that spares nothing."""
    found = index.index_clip(arguments, say)
    film = parse_film(found["film"])
    width, height = fit(*display_size(film.picture), 1 << 14, 1 << 14)
    kbps = round(FULL_HD_KBPS * (width * height / FULL_HD) ** BITRATE_POWER)
    rung = Rung("original", width, height, "high", kbps, ("original",))
    directory = Path(arguments["directory"])
    shared = {**arguments, "film": found["film"], "beginning": found["beginning"]}
    whole = {
        "ladder": [vars(rung)],
        "number": 0,
        "start": film.timeline.origin,
        "end": film.timeline.end,
        "last": False,
    }
    pictures = encode.encode_chunk({**shared, **whole}, say)
    tracks = (
        soundtracks.encode_soundtracks({**shared, "clip": True, "untouched": True}, say)["tracks"]
        if film.soundtracks
        else []
    )
    stitched = stitch(film, (rung,), [pictures], tracks)
    files = {pictures["rungs"][rung.name]["piece"]["name"]: directory / f"{rung.name}.m4s"}
    files |= {track["piece"]["name"]: directory / f"a{track['number']}.m4s" for track in tracks}
    joined.write(stitched.streams, files, directory / "clip.mp4")
    detail = {
        "frames": stitched.frames, "copied_frames": 0, "duration_s": round(film.timeline.duration_s, 3), "width": width,
        "height": height, "codecs": "avc1", "warnings": [*stitched.warnings, f"encoded again: {why}"],
    }  # fmt: skip
    return {"file": "clip.mp4", "mime_type": "video/mp4", "detail": detail}
