"""Media made on the spot for tests of ingest: films, sounds and pictures, whole and broken, and a server that says what was asked of it."""

from __future__ import annotations

import io
import socket
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyvips

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Agencia Ñ">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="en">Dawn</rdf:li><rdf:li xml:lang="x-default">Amanecer</rdf:li></rdf:Alt></dc:title>'
    "<dc:creator><rdf:Seq><rdf:li>Ana Pérez</rdf:li><rdf:li>Luis Gil</rdf:li></rdf:Seq></dc:creator>"
    "<dc:subject><rdf:Bag><rdf:li>puerto</rdf:li><rdf:li>niebla</rdf:li><rdf:li>puerto</rdf:li></rdf:Bag></dc:subject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()


# -- films and sounds -------------------------------------------------------------------------------------------------
@cache
def film(
    container: str = "mp4", seconds: float = 8, codec: str = "libx264", sound: str | None = "aac",
    options: tuple[tuple[str, str], ...] = (), tags: tuple[tuple[str, str], ...] = (), size: tuple[int, int] = (160, 90),
) -> bytes:  # fmt: skip
    """A small film with noise and a tone; cached, so tests share it."""
    with tempfile.NamedTemporaryFile() as target:  # `faststart` reads back what it wrote
        _write_film(target.name, container, seconds, codec, sound, dict(options), tags, size)
        return Path(target.name).read_bytes()


def _write_film(
    path: str, container: str, seconds: float, codec: str, sound: str | None, options: dict[str, str],
    tags: tuple[tuple[str, str], ...], size: tuple[int, int],
) -> None:  # fmt: skip
    with av.open(path, "w", format=container, options=options) as out:
        for name, value in tags:
            out.metadata[name] = value
        picture: Any = out.add_stream(codec, rate=25)
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = *size, "yuv420p", 25
        if codec == "libx264":
            picture.options = {"preset": "ultrafast"}
        if codec == "libvpx-vp9":
            picture.options = {"deadline": "realtime", "cpu-used": "8"}
        picture.time_base = picture.codec_context.time_base = Fraction(1, 25)
        voice: Any = out.add_stream(sound, rate=48000, layout="stereo") if sound else None
        noise = np.random.default_rng(7)
        for number in range(int(seconds * 25)):
            still = av.VideoFrame.from_ndarray(
                noise.integers(0, 255, (size[1] * 3 // 2, size[0]), dtype=np.uint8), "yuv420p"
            )
            still.pts = number
            out.mux(picture.encode(still))
        out.mux(picture.encode(None))
        if voice:
            _tone(out, voice, seconds)


@cache
def recording(container: str = "wav", codec: str = "pcm_s16le", seconds: float = 8) -> bytes:
    """A tone without picture."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        voice = out.add_stream(codec, rate=48000, layout="stereo")
        _tone(out, voice, seconds)
    return target.getvalue()


def _tone(out: Any, stream: Any, seconds: float) -> None:
    for start in range(0, int(seconds * 48000), 1024):
        wave = np.sin(np.arange(start, start + 1024) / 17) * 8000
        samples = np.repeat(wave.astype(np.int16), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def faststart(seconds: float = 8) -> bytes:
    """Index first, as cameras and the web write it: cut off, it opens without an error."""
    return film("mp4", seconds, options=(("movflags", "faststart"),))


# -- pictures ---------------------------------------------------------------------------------------------------------
def picture(kind: str = "jpeg", width: int = 320, height: int = 200, **options: Any) -> bytes:
    """Noise, so that every part of the file matters."""
    image = pyvips.Image.gaussnoise(width, height, mean=128, sigma=40).cast("uchar")
    image = image.bandjoin([image.rot180(), image.invert()]).copy(interpretation="srgb")
    data: bytes = image.write_to_buffer(f".{kind}", **options)
    return data


def captioned(kind: str = "jpeg") -> bytes:
    """A picture with EXIF, IPTC and XMP."""
    image = pyvips.Image.black(64, 48, bands=3).copy(interpretation="srgb").copy()
    for name, value in {
        "exif-ifd0-ImageDescription": "Barcos en el puerto", "exif-ifd0-Artist": "Old Name", "exif-ifd0-Copyright": "(c) Acervo 2024",
        "exif-ifd0-Model": "Test Camera", "exif-ifd2-DateTimeOriginal": "2024:05:17 06:30:00", "exif-ifd2-OffsetTimeOriginal": "-03:00",
        "exif-ifd3-GPSLatitude": "34/1 36/1 0/1", "exif-ifd3-GPSLatitudeRef": "S", "exif-ifd3-GPSLongitude": "58/1 22/1 3000/100",
        "exif-ifd3-GPSLongitudeRef": "W",
    }.items():  # fmt: skip
        image.set_type(pyvips.GValue.gstr_type, name, value)
    image.set_type(pyvips.GValue.blob_type, "xmp-data", XMP)
    image.set_type(pyvips.GValue.blob_type, "iptc-data", photoshop(iim()))
    data: bytes = image.write_to_buffer(f".{kind}")
    return data


def iim() -> bytes:
    def record(number: int, dataset: int, value: bytes) -> bytes:
        return bytes((0x1C, number, dataset)) + struct.pack(">H", len(value)) + value

    return (
        record(1, 90, b"\x1b%G") + record(2, 120, "Pie de foto en español".encode()) + record(2, 80, b"IPTC Name")
        + record(2, 25, b"barcos") + record(2, 25, b"puerto") + record(2, 90, b"Montevideo")
    )  # fmt: skip


def photoshop(records: bytes) -> bytes:
    return (
        b"Photoshop 3.0\x008BIM\x04\x04\x00\x00"
        + struct.pack(">I", len(records))
        + records
        + b"\x00" * (len(records) % 2)
    )


def png_bomb(width: int, height: int, interlaced: bool = False) -> bytes:
    """A small file that says it is enormous; the pixels are there only in part."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 4_000_000, 9))
        + chunk(b"IEND", b"")
    )


# -- a store that only serves -----------------------------------------------------------------------------------------
@contextmanager
def served(data: bytes, broken_after: int | None = None) -> Iterator[str]:
    """A URL of these bytes, ranges understood; from `broken_after` on the object is gone."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            first, last = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
            gone = broken_after is not None and last >= broken_after
            body = b"" if gone else data[first : last + 1]
            self.send_response(404 if gone else 206)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # a probe that has seen enough hangs up
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/object"
    finally:
        server.shutdown()
        server.server_close()


class Ear:
    """A TCP and a UDP socket on one port; `heard` says whether anybody came."""

    def __init__(self) -> None:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._tcp.getsockname()[1])
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for each in (self._tcp, self._udp):
            each.setblocking(False)

    def heard(self) -> bool:
        for look in (lambda: self._tcp.accept()[0].close(), lambda: self._udp.recv(10)):
            with suppress(BlockingIOError):
                look()
                return True
        return False

    def close(self) -> None:
        self._tcp.close()
        self._udp.close()


def flipped(data: bytes, seed: int, count: int, first: int = 0, last: int | None = None) -> bytes:
    """`count` bits turned over between two offsets."""
    noise = np.random.default_rng(seed)
    broken = bytearray(data)
    for at in noise.integers(first, last or len(data), count):
        broken[at] ^= 1 << int(noise.integers(0, 8))
    return bytes(broken)
