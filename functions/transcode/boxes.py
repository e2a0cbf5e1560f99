"""ISO base media file boxes (ISO/IEC 14496-12, -14, -15): bytes out of values, nothing else.

Only what one track of H.264, ProRes, AAC or PCM needs. Times inside are 64 bit (version 1), so that no film is too long.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MOVIE_TIMESCALE = 1000
UNITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@dataclass(frozen=True)
class VideoFormat:
    """`config` is the AVCDecoderConfigurationRecord; `colour` is (primaries, transfer, matrix) of ISO/IEC 23091-2.

    `kind` is the sample entry's: `avc1`, or one of ProRes, which knows no other frame (`intra`) and needs no `config`.
    """

    width: int
    height: int
    timescale: int
    config: bytes
    colour: tuple[int, int, int] | None = None
    kind: str = "avc1"
    sar: tuple[int, int] = (1, 1)
    rotation: int = 0  # clockwise degrees that a player turns it by

    @property
    def intra(self) -> bool:
        """Every frame is a key frame."""
        return self.kind != "avc1"


@dataclass(frozen=True)
class AudioFormat:
    """`config` is the AudioSpecificConfig (ISO/IEC 14496-3), `language` ISO 639-2."""

    channels: int
    sample_rate: int
    config: bytes
    language: str = "und"

    @property
    def timescale(self) -> int:
        return self.sample_rate


@dataclass(frozen=True)
class PcmFormat:
    """24 bit, big-endian, interleaved: what QuickTime calls `in24`."""

    channels: int
    sample_rate: int
    language: str = "und"

    @property
    def timescale(self) -> int:
        return self.sample_rate

    @property
    def frame_bytes(self) -> int:
        """One moment of all channels."""
        return 3 * self.channels


Format = VideoFormat | AudioFormat | PcmFormat


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def codec_string(track: Format) -> str:
    """RFC 6381: `avc1.PPCCLL`, `mp4a.40.2`; what it does not know is named by its sample entry."""
    if isinstance(track, VideoFormat):
        return track.kind if track.intra else f"avc1.{track.config[1:4].hex()}"
    if isinstance(track, PcmFormat):
        return "in24"
    return f"mp4a.40.{track.config[0] >> 3}"


def sample_description(track: Format) -> bytes:
    if isinstance(track, VideoFormat):
        entry = _picture(track)
    else:
        entry = _in24(track) if isinstance(track, PcmFormat) else _mp4a(track)
    return full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)


def _picture(track: VideoFormat) -> bytes:
    head = struct.pack(
        ">6xH16xHHIIIH32sHh", 1, track.width, track.height, 72 << 16, 72 << 16, 0, 1, b"", 24, -1
    )
    colour = b""
    if track.colour:
        colour = box(b"colr", b"nclx", struct.pack(">HHHB", *track.colour, 0))
    square = box(b"pasp", struct.pack(">II", *track.sar))
    if track.intra:  # QuickTime's own colour box
        colour = box(b"colr", b"nclc", struct.pack(">HHH", *track.colour)) if track.colour else b""
        return box(track.kind.encode(), head, colour, square)
    return box(b"avc1", head, box(b"avcC", track.config), colour, square)


def _in24(track: PcmFormat) -> bytes:
    """QuickTime sound description, version 1."""
    head = struct.pack(">6xHHHIHHhHI", 1, 1, 0, 0, track.channels, 16, 0, 0, track.sample_rate << 16)
    sizes = struct.pack(">IIII", 1, 3, track.frame_bytes, 3)
    return box(b"in24", head, sizes)


def _mp4a(track: AudioFormat) -> bytes:
    head = struct.pack(">6xH8xHHIHH", 1, track.channels, 16, 0, track.sample_rate, 0)
    specific = _descriptor(5, track.config)
    decoder = _descriptor(4, struct.pack(">BBBHII", 0x40, 0x15, 0, 0, 0, 0) + specific)
    stream = _descriptor(3, struct.pack(">HB", 1, 0) + decoder + _descriptor(6, b"\x02"))
    return box(b"mp4a", head, full_box(b"esds", 0, 0, stream))


def _descriptor(tag: int, payload: bytes) -> bytes:
    """ISO/IEC 14496-1 expandable size: seven bits a byte."""
    size = len(payload)
    return (
        bytes([tag, 0x80 | size >> 21 & 127, 0x80 | size >> 14 & 127, 0x80 | size >> 7 & 127, size & 127])
        + payload
    )


def movie_header(duration_ms: int, next_track: int) -> bytes:
    return full_box(
        b"mvhd", 1, 0,
        struct.pack(">QQIQ", 0, 0, MOVIE_TIMESCALE, duration_ms), struct.pack(">iH10x", 1 << 16, 1 << 8), UNITY,
        struct.pack(">24xI", next_track),
    )  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A track's place in the film, in its timescale: it waits, then shows `shown` of its media from `skip` on."""

    media: int
    shown: int
    skip: int
    wait: int = 0


def track_box(number: int, track: Format, tables: bytes, edit: Edit | None = None) -> bytes:
    """One `trak` around its `stbl`; without an edit it is the empty track of an init segment."""
    shown_ms = milliseconds(edit.shown + edit.wait, track) if edit else 0
    is_video = isinstance(track, VideoFormat)
    width, height = (track.width, track.height) if isinstance(track, VideoFormat) else (0, 0)
    header = full_box(
        b"tkhd", 1, 3,
        struct.pack(">QQIIQ", 0, 0, number, 0, shown_ms), struct.pack(">8xHHH2x", 0, 0 if is_video else 1, 0 if is_video else 1 << 8),
        _matrix(track), struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    language = "und" if isinstance(track, VideoFormat) else track.language
    times = struct.pack(">QQIQ", 0, 0, track.timescale, edit.media if edit else 0)
    media = full_box(b"mdhd", 1, 0, times, struct.pack(">HH", _language(language), 0))
    kind, name = (b"vide", b"video\0") if is_video else (b"soun", b"sound\0")
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, kind), name)
    special = full_box(b"vmhd", 0, 1, bytes(8)) if is_video else full_box(b"smhd", 0, 0, bytes(4))
    data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    information = box(b"minf", special, data, tables)
    return box(b"trak", header, _edits(edit, track), box(b"mdia", media, handler, information))


def _matrix(track: Format) -> bytes:
    """How the picture is turned when it is shown, about its own place."""
    one, turn = 1 << 16, track.rotation % 360 if isinstance(track, VideoFormat) else 0
    if not isinstance(track, VideoFormat) or not turn:
        return UNITY
    width, height = track.width << 16, track.height << 16
    a, b, c, d, x, y = {
        90: (0, one, -one, 0, height, 0),
        180: (-one, 0, 0, -one, width, height),
        270: (0, -one, one, 0, 0, width),
    }[turn]
    return struct.pack(">9i", a, b, 0, c, d, 0, x, y, 1 << 30)


def milliseconds(ticks: int, track: Format) -> int:
    """Rounded up: an edit never cuts the last sample short."""
    return -(-ticks * MOVIE_TIMESCALE // track.timescale)


def _edits(edit: Edit | None, track: Format) -> bytes:
    if edit is None:
        return b""
    wait = struct.pack(">QqHH", milliseconds(edit.wait, track), -1, 1, 0) if edit.wait else b""
    show = struct.pack(">QqHH", milliseconds(edit.shown, track), edit.skip, 1, 0)
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", 2 if wait else 1), wait, show))


def _language(code: str) -> int:
    """ISO 639-2/T packed as three five-bit letters."""
    letters = code if len(code) == 3 and code.isascii() and code.islower() else "und"
    a, b, c = (ord(letter) - 0x60 for letter in letters)
    return a << 10 | b << 5 | c
