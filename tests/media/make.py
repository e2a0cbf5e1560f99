"""Small masters of every kind that transcode must cope with, made on the spot; each function writes into a directory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pyvips

Image = npt.NDArray[np.uint8]
RATE = 48_000


def picture(number: int, width: int, height: int) -> Image:
    """A frame that can be told from every other: a gradient that moves, a block whose place is the number."""
    x, y = np.arange(width)[None, :, None], np.arange(height)[:, None, None]
    image = (x * 3 + y * 2 + np.array([0, 80, 160])[None, None, :] + number * 5) % 256
    pixels: Image = image.astype(np.uint8)
    side = max(4, height // 6)
    left, top = number * side % max(1, width - side), number * 7 % max(1, height - side)
    pixels[top : top + side, left : left + side] = (255, 255, 255)
    return pixels


def film(
    directory: Path,
    name: str = "film.mp4",
    frames: int = 100,
    size: tuple[int, int] = (320, 180),
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    gop: int = 25,
    options: dict[str, str] | None = None,
    times: Callable[[int], int] | None = None,
    time_base: Fraction | None = None,
    sounds: tuple[dict[str, Any], ...] = (),
    muxer_options: dict[str, str] | None = None,
    rotation: int = 0,
    sar: Fraction | None = None,
    draw: Callable[[int, int, int], Image] = picture,
    colour: tuple[int, int, int] | None = None,
    interlaced: bool = False,
) -> Path:
    """A film by numbers.

    Args:
        times: presentation time of each frame in `time_base` (its number and 1/rate when there is none).
        sounds: for each soundtrack {"language", "layout", "start_s", "frequency", "clicks", "amplitude" (of the seconds)}.
    """
    path = directory / name
    with av.open(str(path), "w", options=muxer_options or {}) as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, pixels, gop
        stream.codec_context.time_base = time_base or 1 / Fraction(rate)
        stream.codec_context.options = {
            **({"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {}),
            **(options or {}),
        }
        if sar:
            stream.codec_context.sample_aspect_ratio = sar
        if colour:
            (
                stream.codec_context.color_primaries,
                stream.codec_context.color_trc,
                stream.codec_context.colorspace,
            ) = colour
        if rotation:
            stream.set_display_rotation(rotation)
        voices = [_voice(out, sound) for sound in sounds]
        for number in range(frames):
            frame: Any = av.VideoFrame.from_ndarray(draw(number, *size), "rgb24").reformat(format=pixels)
            frame.pts = times(number) if times else number
            frame.time_base = stream.codec_context.time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        last = times(frames - 1) if times else frames - 1
        seconds = float((last + 1) * stream.codec_context.time_base)
        for voice, sound in zip(voices, sounds, strict=True):
            _speak(out, voice, seconds, sound)
    return path


def recording(
    directory: Path,
    parts: tuple[tuple[int, float], ...],
    name: str = "recording.ts",
    lost_bytes: int = 0,
    **known: Any,
) -> Path:
    """A transport stream out of parts (frames, seconds at which the part's clock begins), one behind the other; the pictures go on.

    Args:
        lost_bytes: of each part's end but the last.
        known: as of `film`.
    """
    path, done = directory / name, 0
    with path.open("wb") as out:
        for number, (frames, start_s) in enumerate(parts):

            def draw(at: int, width: int, height: int, first: int = done) -> Image:
                return picture(first + at, width, height)

            muxer = {"output_ts_offset": str(start_s)}
            part = film(directory, f"part{number}.ts", frames, draw=draw, muxer_options=muxer, **known)
            data = part.read_bytes()
            out.write(data if number == len(parts) - 1 else data[: len(data) - lost_bytes])
            done += frames
    return path


def _voice(out: Any, sound: dict[str, Any]) -> Any:
    stream = out.add_stream(sound.get("codec", "aac"), rate=RATE, layout=sound.get("layout", "stereo"))
    stream.metadata["language"] = sound.get("language", "und")
    return stream


def _speak(out: Any, stream: Any, seconds: float, sound: dict[str, Any]) -> None:
    """A tone with a click (20 ms of noise) at each whole second."""
    total = round(seconds * RATE)
    times = np.arange(total) / RATE
    wave = np.sin(times * (2 * np.pi * sound.get("frequency", 440)))
    wave *= sound["amplitude"](times) if "amplitude" in sound else 0.05
    noise = np.random.default_rng(1)
    for second in range(int(seconds) + 1 if sound.get("clicks", True) else 0):
        at = second * RATE
        length = min(RATE // 50, total - at)
        if length > 0:
            wave[at : at + length] = noise.uniform(-0.9, 0.9, length)
    offset = round(sound.get("start_s", 0) * RATE)
    channels = stream.layout.nb_channels
    for start in range(0, total, 1024):
        block = np.tile(wave[start : start + 1024].astype(np.float32), (channels, 1))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = RATE, start + offset, Fraction(1, RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def sound(directory: Path, name: str = "voice.wav", seconds: float = 3, layout: str = "mono") -> Path:
    """A recording: a tone with clicks."""
    path = directory / name
    codec = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "m4a": "aac"}[path.suffix[1:]]
    with av.open(str(path), "w") as out:
        _speak(out, _voice(out, {"codec": codec, "layout": layout}), seconds, {})
    return path


def photo(
    directory: Path, name: str = "photo.jpg", size: tuple[int, int] = (1600, 1200), orientation: int = 6
) -> Path:
    """A photo from a camera held upright: landscape pixels, EXIF orientation 6. Its left edge (the top, when upright) is red."""
    path = directory / name
    pixels = picture(3, *size)
    pixels[:, : size[0] // 8] = (220, 20, 20)
    image = pyvips.Image.new_from_array(pixels, interpretation="srgb").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    image.write_to_file(str(path))
    return path


def png_bomb(directory: Path, side: int = 30_000) -> Path:
    """A PNG of side² grey pixels in a few kilobytes."""
    row = b"\0" + bytes(side)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(64)) + packer.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    path = directory / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path
