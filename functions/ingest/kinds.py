"""What a file really is, from its first bytes: never from its name, never from what the client said.

`sniff` knows the formats that are taken (each with the one demuxer that may read it) and, by name, those that are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from acervo.assets import Kind
from functions.ingest.verdict import rejected

HEAD_BYTES = 64 << 10


@dataclass(frozen=True)
class Format:
    """A format that is taken: FFmpeg's `demuxer` for films and sound, `loader` of libvips for images."""

    name: str
    files: Mapping[Kind, tuple[str, str]]  # (media type, extension)
    demuxer: str = ""
    loader: str = ""

    def media_type(self, kind: Kind) -> str:
        return self.files[kind][0]

    def extension(self, kind: Kind) -> str:
        return self.files[kind][1]


def _film(name: str, demuxer: str, video: tuple[str, str], audio: tuple[str, str]) -> Format:
    return Format(name, {Kind.VIDEO: video, Kind.AUDIO: audio}, demuxer=demuxer)


def _sound(name: str, demuxer: str, media_type: str, extension: str = "") -> Format:
    return Format(name, {Kind.AUDIO: (media_type, extension or name)}, demuxer=demuxer)


def _photo(name: str, loader: str, media_type: str, extension: str = "") -> Format:
    return Format(name, {Kind.IMAGE: (media_type, extension or name)}, loader=loader)


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        _film("mp4", "mov", ("video/mp4", "mp4"), ("audio/mp4", "m4a")),
        _film("mov", "mov", ("video/quicktime", "mov"), ("video/quicktime", "mov")),
        _film("matroska", "matroska", ("video/matroska", "mkv"), ("audio/matroska", "mka")),
        _film("webm", "matroska", ("video/webm", "webm"), ("audio/webm", "weba")),
        _film("mpegts", "mpegts", ("video/mp2t", "ts"), ("video/mp2t", "ts")),
        _film("mpeg", "mpeg", ("video/mpeg", "mpg"), ("video/mpeg", "mpg")),
        _film("mxf", "mxf", ("application/mxf", "mxf"), ("application/mxf", "mxf")),
        _film("avi", "avi", ("video/x-msvideo", "avi"), ("video/x-msvideo", "avi")),
        _film("asf", "asf", ("video/x-ms-wmv", "wmv"), ("audio/x-ms-wma", "wma")),
        _film("flv", "flv", ("video/x-flv", "flv"), ("video/x-flv", "flv")),
        _film("ogg", "ogg", ("video/ogg", "ogv"), ("audio/ogg", "ogg")),
        _sound("wav", "wav", "audio/vnd.wave"),
        _sound("aiff", "aiff", "audio/aiff"),
        _sound("flac", "flac", "audio/flac"),
        _sound("mp3", "mp3", "audio/mpeg"),
        _sound("aac", "aac", "audio/aac"),
        _sound("caf", "caf", "audio/x-caf"),
        _sound("amr", "amr", "audio/amr"),
        _photo("jpeg", "jpegload", "image/jpeg", "jpg"),
        _photo("png", "pngload", "image/png"),
        _photo("gif", "gifload", "image/gif"),
        _photo("tiff", "tiffload", "image/tiff", "tif"),
        _photo("webp", "webpload", "image/webp"),
        _photo("heic", "heifload", "image/heic"),
        _photo("avif", "heifload", "image/avif"),
    )
}

# offset, magic, format; a name that begins with "!" is a code of the verdict table, with a word for the editor
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"), (0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"GIF87a", "gif"), (0, b"GIF89a", "gif"),
    (0, b"fLaC", "flac"), (0, b"OggS", "ogg"), (0, b"ID3", "mp3"), (0, b"caff\x00\x01", "caf"), (0, b"#!AMR", "amr"),
    (0, b"FLV\x01", "flv"), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"), (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "mxf"),
    (0, b"\x7fELF", "!executable"), (0, b"MZ", "!executable"), (0, b"#!", "!executable"),
    (0, b"\xfe\xed\xfa", "!executable"), (0, b"\xcf\xfa\xed\xfe", "!executable"), (0, b"\xca\xfe\xba\xbe", "!executable"),
    (0, b"PK\x03\x04", "!archive"), (0, b"PK\x05\x06", "!archive"), (0, b"Rar!\x1a\x07", "!archive"), (0, b"7z\xbc\xaf\x27\x1c", "!archive"),
    (0, b"\x1f\x8b", "!archive"), (0, b"BZh", "!archive"), (0, b"\xfd7zXZ\x00", "!archive"), (0, b"\x28\xb5\x2f\xfd", "!archive"),
    (257, b"ustar", "!archive"), (0, b"%PDF-", "!document"), (0, b"{\\rtf", "!document"), (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "!document"),
    (0, b"%!PS", "!vector-image"), (0, b"\xc5\xd0\xd3\xc6", "!vector-image"), (0, b"FUJIFILMCCD-RAW", "!camera-raw"),
    (0, b"IIRO", "!camera-raw"), (0, b"IIU\x00", "!camera-raw"), (8, b"CR\x02", "!camera-raw"),
    (0, b"8BPS", "!unsupported-format Photoshop"), (0, b"BM", "!unsupported-format BMP"), (0, b"\xff\x0a", "!unsupported-format JPEG XL"),
    (0, b"\x00\x00\x00\x0cJXL ", "!unsupported-format JPEG XL"), (0, b"\x00\x00\x00\x0cjP  ", "!unsupported-format JPEG 2000"),
    (0, b"v/1\x01", "!unsupported-format OpenEXR"), (0, b"SDPX", "!unsupported-format DPX"), (0, b"XPDS", "!unsupported-format DPX"),
    (0, b"II*\x00", "tiff"), (0, b"MM\x00*", "tiff"), (0, b"II+\x00", "tiff"), (0, b"MM\x00+", "tiff"),
)  # fmt: skip
_RIFF = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}
_BRANDS = {
    b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic", b"hevc": "heic",
    b"mif1": "heic", b"msf1": "heic", b"qt  ": "mov", b"crx ": "!camera-raw",
}  # fmt: skip
_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_RAW_EXTENSIONS = frozenset(
    {"dng", "nef", "nrw", "arw", "sr2", "cr2", "orf", "rw2", "pef", "raf", "3fr", "iiq"}
)
_TEXT_CODES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"#EXTM3U|ffconcat version|\[playlist\]|v=0\s|#PLAYLIST", re.I), "playlist"),
    (re.compile(r"(<\?xml.*?)?\s*<(MPD|SmoothStreamingMedia|smil|asx|playlist)\b", re.I | re.S), "playlist"),
    (
        re.compile(r"(<\?xml.*?|<!DOCTYPE\s+svg.*?|<!--.*?-->|\s)*<([a-z]+:)?svg\b", re.I | re.S),
        "vector-image",
    ),
    (re.compile(r"push graphic-context|viewbox \d", re.I), "vector-image"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
TS_PACKET, TS_SYNC, TS_SEEN = 188, 0x47, 4


def sniff(head: bytes, name: str = "") -> Format:
    """The format of a file whose first `HEAD_BYTES` are `head`. `name` only tells a camera's raw TIFF from other TIFFs.

    Raises:
        Rejected: it is something that is not taken; the code says what.
    """
    if not head:
        raise rejected("empty")
    found = (
        _iso(head) or _riff(head) or _by_magic(head) or _matroska(head) or _transport_stream(head)
        or _audio_frames(head) or _mxf_run_in(head) or _text(head)
    )  # fmt: skip
    if found is None:
        raise rejected("not-media")
    if found == "tiff" and name.rpartition(".")[2].lower() in _RAW_EXTENSIONS:
        raise rejected("camera-raw")
    if found.startswith("!"):
        code, _, detail = found[1:].partition(" ")
        raise rejected(code, detail)
    return FORMATS[found]


def is_honest_name(name: str, form: Format, kind: Kind) -> bool:
    """Whether the extension of `name` is one that files of this format bear; a name without one is."""
    given = name.rpartition(".")[2].lower() if "." in name else ""
    return not given or given == form.extension(kind) or given in _ALIASES.get(form.name, ())


_ALIASES: dict[str, tuple[str, ...]] = {
    "mp4": ("mp4", "m4v", "m4a", "m4b", "mov", "3gp", "3g2", "f4v"), "mov": ("mov", "qt", "mp4"), "matroska": ("mkv", "mka", "mk3d"),
    "webm": ("webm", "weba", "mkv"), "mpegts": ("ts", "m2ts", "mts", "m2t", "tsv"), "mpeg": ("mpg", "mpeg", "vob", "m2p", "mod"),
    "asf": ("asf", "wmv", "wma"), "ogg": ("ogg", "oga", "ogv", "opus", "spx"), "wav": ("wav", "wave", "bwf", "rf64"),
    "aiff": ("aif", "aiff", "aifc"), "aac": ("aac", "adts"), "jpeg": ("jpg", "jpeg", "jpe", "jfif"), "tiff": ("tif", "tiff"),
    "heic": ("heic", "heif", "hif"), "avif": ("avif", "avifs"), "avi": ("avi", "divx"), "mp3": ("mp3", "mpga"),
}  # fmt: skip


def _by_magic(head: bytes) -> str | None:
    return next((name for at, magic, name in _MAGIC if head.startswith(magic, at)), None)


def _iso(head: bytes) -> str | None:
    """ISO base media (ISO/IEC 14496-12) and QuickTime."""
    box = head[4:8]
    if box == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    size = int.from_bytes(head[:4], "big")
    return "mov" if box in _QUICKTIME_BOXES and (size in (0, 1) or size >= 8) else None


def _riff(head: bytes) -> str | None:
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    return _RIFF.get(head[8:12]) if head[:4] in (b"RIFF", b"RF64", b"BW64") else None


def _matroska(head: bytes) -> str | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "webm" if b"\x42\x82\x84webm" in head[:256] else "matroska"


def _transport_stream(head: bytes) -> str | None:
    for start, step in ((0, TS_PACKET), (4, TS_PACKET + 4), (0, TS_PACKET + 16)):
        syncs = head[start : start + step * TS_SEEN : step]
        if len(syncs) == TS_SEEN and all(byte == TS_SYNC for byte in syncs):
            return "mpegts"
    return None


def _audio_frames(head: bytes) -> str | None:
    """MPEG audio layer II and III, and ADTS, without any header before them."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    layer, bitrate, rate = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return (
        "mp3" if head[1] & 0xE0 == 0xE0 and layer in (1, 2) and bitrate not in (0, 15) and rate != 3 else None
    )


def _mxf_run_in(head: bytes) -> str | None:
    """SMPTE ST 377-1, 6.5: up to 64 KiB may stand before the header partition."""
    return "mxf" if b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02" in head else None


def _text(head: bytes) -> str | None:
    sample = head[:4096]
    encoding = "utf-16" if sample[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError as fault:
        if encoding == "utf-16" or fault.start < len(sample) - 4:  # cut inside the last character is no fault
            text = sample.decode("latin-1")
            if any("\x7f" <= character <= "\x9f" for character in text):
                return None
        else:
            text = sample[: fault.start].decode("utf-8-sig")
    if _CONTROL.search(text):
        return None
    return "!" + next((code for pattern, code in _TEXT_CODES if pattern.match(text.lstrip())), "text")
