"""HLS playlists (RFC 8216, version 7): values in, text out. Segments are byte ranges of the pieces; names are relative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

AUDIO_GROUP = "audio"


@dataclass(frozen=True)
class Part:
    """One segment: a byte range of an object."""

    uri: str
    offset: int
    size_bytes: int
    duration: Fraction


@dataclass(frozen=True)
class Variant:
    """One rung in the master playlist; bits a second include the dearest soundtrack."""

    uri: str
    bandwidth: int
    average_bandwidth: int
    codecs: tuple[str, ...]
    width: int
    height: int
    fps: Fraction


@dataclass(frozen=True)
class AudioRendition:
    uri: str
    name: str
    language: str
    channels: int
    default: bool


def average_bandwidth(parts: Sequence[Part]) -> int:
    """Bits a second over the whole."""
    return round(sum(part.size_bytes for part in parts) * 8 / sum(part.duration for part in parts))


def peak_bandwidth(parts: Sequence[Part]) -> int:
    """The peak segment bit rate of RFC 8216, 4.1: of every run of segments that lasts 0.5 to 1.5 target durations."""
    target = target_duration(parts)
    peak = Fraction(average_bandwidth(parts))
    for first in range(len(parts)):
        size, duration = 0, Fraction(0)
        for part in parts[first:]:
            size, duration = size + part.size_bytes, duration + part.duration
            if duration > Fraction(3, 2) * target:
                break
            if duration >= Fraction(1, 2) * target:
                peak = max(peak, size * 8 / duration)
    return -int(-peak // 1)


def target_duration(parts: Sequence[Part]) -> int:
    """Every EXTINF, rounded to the nearest integer, is at most this."""
    return max(1, *(int(part.duration + Fraction(1, 2)) for part in parts))


def build_media(parts: Sequence[Part], init_uri: str) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target_duration(parts)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init_uri}"',
    ]
    for part in parts:
        lines += [
            f"#EXTINF:{float(part.duration):.6f},",
            f"#EXT-X-BYTERANGE:{part.size_bytes}@{part.offset}",
            part.uri,
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def build_master(variants: Sequence[Variant], audio: Sequence[AudioRendition] = ()) -> str:
    """Best variant first, as players that do not measure take the first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in audio:
        attributes = {
            "TYPE": "AUDIO",
            "GROUP-ID": _quoted(AUDIO_GROUP),
            "NAME": _quoted(rendition.name),
            **({"LANGUAGE": _quoted(rendition.language)} if rendition.language else {}),
            "DEFAULT": "YES" if rendition.default else "NO",
            "AUTOSELECT": "YES",
            "CHANNELS": _quoted(str(rendition.channels)),
            "URI": _quoted(rendition.uri),
        }
        lines.append("#EXT-X-MEDIA:" + _attributes(attributes))
    for variant in variants:
        attributes = {
            "BANDWIDTH": str(variant.bandwidth),
            "AVERAGE-BANDWIDTH": str(variant.average_bandwidth),
            "CODECS": _quoted(",".join(variant.codecs)),
            "RESOLUTION": f"{variant.width}x{variant.height}",
            "FRAME-RATE": f"{float(variant.fps):.3f}",
            **({"AUDIO": _quoted(AUDIO_GROUP)} if audio else {}),
        }
        lines += ["#EXT-X-STREAM-INF:" + _attributes(attributes), variant.uri]
    return "\n".join([*lines, ""])


def _attributes(values: dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def _quoted(text: str) -> str:
    """A quoted-string holds no quotation mark and no line break."""
    return '"' + "".join(" " if c in '"\r\n' or ord(c) < 32 else c for c in text) + '"'
