"""HLS playlists (RFC 8216, version 7): values in, text out. Segments are byte ranges of the pieces; names are relative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

AUDIO_GROUP, SUBTITLE_GROUP = "audio", "captions"
VARIANT = "#EXT-X-STREAM-INF:"
IN_GROUP = f',SUBTITLES="{SUBTITLE_GROUP}"'


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


@dataclass(frozen=True)
class Captions:
    """A subtitle playlist in the main one."""

    uri: str
    name: str
    language: str


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


def build_media(parts: Sequence[Part], init_uri: str, target: int | None = None) -> str:
    """A media playlist; `target` is the longest target duration among all of its stream."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target or target_duration(parts)}",
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


def build_key_frames(parts: Sequence[Part], init_uri: str) -> str:
    """An I-frame playlist (RFC 8216, 4.3.3.6): the parts are the key frames, each shown until the next."""
    lines = build_media(parts, init_uri).split("\n")
    return "\n".join([*lines[:2], "#EXT-X-I-FRAMES-ONLY", *lines[2:]])


def build_captions(uri: str, duration_s: float) -> str:
    """A subtitle playlist over one WebVTT file.

    One segment for the whole film: RFC 8216, 6.2.4 lets subtitles of a VOD have a target duration of their own. An hour of speech is
    some 100 KB; in pieces of six seconds a correction would write hundreds of objects again, cues across borders would be there
    twice, and nobody would see a caption sooner.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, int(duration_s + 0.5))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{duration_s:.6f},",
        uri,
    ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def with_captions(master: str, captions: Sequence[Captions]) -> str:
    """The main playlist again, with these captions instead of those that it had; nothing else changes."""
    lines: list[str] = []
    for line in master.splitlines():
        if line.startswith("#EXT-X-MEDIA:TYPE=SUBTITLES"):
            continue
        if line.startswith(VARIANT):
            line = line.removesuffix(IN_GROUP) + (IN_GROUP if captions else "")
        lines.append(line)
    at = next((number for number, line in enumerate(lines) if line.startswith(VARIANT)), len(lines))
    listed = [
        "#EXT-X-MEDIA:"
        + _attributes(
            {
                "TYPE": "SUBTITLES", "GROUP-ID": _quoted(SUBTITLE_GROUP), "NAME": _quoted(caption.name),
                **({"LANGUAGE": _quoted(caption.language)} if caption.language else {}),
                "DEFAULT": "NO", "AUTOSELECT": "YES", "FORCED": "NO",
                "CHARACTERISTICS": _quoted("public.accessibility.transcribes-spoken-dialog"), "URI": _quoted(caption.uri),
            }
        )
        for caption in captions
    ]  # fmt: skip
    return "\n".join([*lines[:at], *listed, *lines[at:], ""])


def build_master(
    variants: Sequence[Variant], audio: Sequence[AudioRendition] = (), key_frames: Sequence[Variant] = ()
) -> str:
    """Best variant first, as players that do not measure take the first. `key_frames` are the I-frame playlists."""
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
        lines += [VARIANT + _attributes(attributes), variant.uri]
    for variant in key_frames:
        attributes = {
            "BANDWIDTH": str(variant.bandwidth),
            "AVERAGE-BANDWIDTH": str(variant.average_bandwidth),
            "CODECS": _quoted(",".join(variant.codecs)),
            "RESOLUTION": f"{variant.width}x{variant.height}",
            "URI": _quoted(variant.uri),
        }
        lines.append("#EXT-X-I-FRAME-STREAM-INF:" + _attributes(attributes))
    return "\n".join([*lines, ""])


def _attributes(values: dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def _quoted(text: str) -> str:
    """A quoted-string holds no quotation mark and no line break."""
    return '"' + "".join(" " if c in '"\r\n' or ord(c) < 32 else c for c in text) + '"'
