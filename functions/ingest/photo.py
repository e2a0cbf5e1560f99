"""Child side: what libvips says of an image. Runs only in the sandbox.

The header first (libvips reads lazily), the limits on it, then every pixel once, in a stream: that is the only way to know that an
image is whole. The loader is the one that the first bytes called for.
"""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO

import pyvips

from acervo.assets import Kind
from acervo.errors import Transient
from functions.ingest import embedded, exif, iptc, technical, xmp
from functions.ingest.extent import Cut, check_extent
from functions.ingest.kinds import Format
from functions.ingest.verdict import rejected

MAX_FRAMES = 5_000
_CUT = re.compile(
    r"truncat|premature|end of (file|image|input)|eof|not enough|incomplete|too short|read error", re.I
)
_ANIMATED = ("gif", "webp", "tiff", "heic", "avif")


def examine(file: BinaryIO, size: int, form: Format, max_side: int, max_pixels: int) -> dict[str, Any]:
    """{"kind", "technical", "embedded"}.

    Raises:
        Rejected: too large, truncated, damaged.
        Transient: the object store broke off.
    """
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    feed = _Feed(file, form)
    try:
        check_extent(file, size, form.name)
        image = feed.load()
        frames = int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
        _check_limits(image, frames, max_side, max_pixels)
        image.avg()
        if frames > 1 and form.name in _ANIMATED:
            last = feed.load(page=frames - 1)
            _check_limits(last, frames, max_side, max_pixels)
            last.avg()
    except Cut as fault:
        raise rejected("truncated", str(fault)) from fault
    except pyvips.Error as fault:
        feed.check()
        message = str(fault)
        if _CUT.search(message):
            raise rejected("truncated", "the end of the picture is missing") from fault
        raise rejected("damaged", "its pixels cannot be decoded") from fault
    feed.check()
    return {
        "kind": Kind.IMAGE,
        "technical": _technical(image, frames, size, form),
        "embedded": _embedded(file, image, form),
    }


class _Feed:
    """Gives a file to libvips. Exceptions cannot pass through libvips: they are kept, and raised behind it. pyvips forgets a source
    that nobody holds while its image still reads from it: they are held here."""

    def __init__(self, file: BinaryIO, form: Format) -> None:
        self._file, self._form = file, form
        self._sources: list[Any] = []
        self._faults: list[Transient] = []

    def load(self, **options: Any) -> Any:
        source = pyvips.SourceCustom()
        source.on_read(self._read)
        source.on_seek(self._file.seek)
        self._sources.append(source)
        self._file.seek(0)
        loader = getattr(pyvips.Image, f"{self._form.loader}_source")
        return loader(source, access="sequential", fail_on="error", **options)

    def check(self) -> None:
        """Raises the Transient that libvips took for the end of the file."""
        if self._faults:
            raise self._faults[0]

    def _read(self, length: int) -> bytes:
        try:
            return self._file.read(length)
        except Transient as fault:
            self._faults.append(fault)
            return b""


def _check_limits(image: Any, frames: int, max_side: int, max_pixels: int) -> None:
    width, height = image.width, image.height
    if max(width, height) > max_side or width * height > max_pixels:
        raise rejected(
            "too-many-pixels",
            f"{width} by {height}; at most {max_side} a side and {max_pixels // 1_000_000} million pixels are taken",
        )
    if frames > MAX_FRAMES:
        raise rejected("too-many-pixels", f"{frames} pictures in one file; at most {MAX_FRAMES} are taken")


def _technical(image: Any, frames: int, size: int, form: Format) -> dict[str, Any]:
    orientation = int(image.get("orientation")) if image.get_typeof("orientation") else 1
    return {
        "container": form.name,
        "size_bytes": size,
        "image": technical.known(
            width=image.width, height=image.height, format=form.name, bands=image.bands, frames=frames,
            bit_depth=_DEPTHS.get(image.format), space=str(image.interpretation), alpha=bool(image.hasalpha()),
            orientation=orientation if 1 <= orientation <= 8 else 1, icc=technical.icc_name(_blob(image, "icc-profile-data")),
        ),
    }  # fmt: skip


_DEPTHS = {"uchar": 8, "char": 8, "ushort": 16, "short": 16, "uint": 32, "int": 32, "float": 32, "double": 64}


def _embedded(file: BinaryIO, image: Any, form: Format) -> dict[str, Any]:
    if form.name == "tiff":
        file.seek(0)
        tags = exif.parse(file)
    else:
        tags = exif.parse(io.BytesIO(_blob(image, "exif-data").removeprefix(b"Exif\x00\x00")))
    return embedded.of_image(
        tags,
        iptc.parse(_blob(image, "iptc-data") or _blob(image, "photoshop-data")),
        xmp.parse(_blob(image, "xmp-data")),
    )


def _blob(image: Any, name: str) -> bytes:
    return bytes(image.get(name)) if image.get_typeof(name) else b""
