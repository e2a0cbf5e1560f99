"""What an editor may order, as values: any rendition again, another size or bitrate, ProRes, a clip.

An order that changes nothing makes the rendition itself again, in its place. Every other makes a file of its own under `ondemand/`,
which is a rendition too: its profile is `ondemand-{job}`. The API checks an order, `transcode` carries it out
(functions/transcode/profiles.py says what each profile is).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acervo.errors import Rejected

HLS, WAVEFORM, POSTER, DISPLAY, ORIGINAL = "hls", "waveform", "poster", "display", "original"
TILES = "tiles"  # the whole of a picture, to zoom into
FILM_FILES, SOUND_FILES, THUMBS = (
    ("proxy", "web"),
    ("preview", "broadcast"),
    ("thumb-300", "thumb-800", "thumb-1200"),
)
PRORES = ("prores-proxy", "prores-lt", "prores-422", "prores-hq")
PROFILES = {
    "video": (HLS, *FILM_FILES, POSTER, WAVEFORM, *PRORES, ORIGINAL, *SOUND_FILES),
    "audio": (*SOUND_FILES, WAVEFORM),
    "image": (*THUMBS, DISPLAY, TILES),
}
KIND = "ondemand"  # of the job
LANE = "interactive"  # attribute of its events: they go to a function of their own
MAX_CUT_S = 1800.0  # a clip in the master's own coding is one piece of work
Box = tuple[int, int]


@dataclass(frozen=True)
class Order:
    """`clip` is [in, out) in milliseconds, `box` what the picture is fitted into, `at_ms` the moment of a poster."""

    profile: str
    clip: tuple[int, int] | None = None
    box: Box | None = None
    video_kbps: int | None = None
    at_ms: int | None = None

    @property
    def is_plain(self) -> bool:
        """The rendition itself, as it always is."""
        changes = (self.clip, self.box, self.video_kbps, self.at_ms)
        return self.profile not in (*PRORES, ORIGINAL) and all(change is None for change in changes)

    def to_json(self) -> dict[str, Any]:
        named = {
            "profile": self.profile, "clip": list(self.clip) if self.clip else None, "box": list(self.box) if self.box else None,
            "video_kbps": self.video_kbps, "at_ms": self.at_ms,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value is not None}


def parse_order(value: Mapping[str, Any]) -> Order:
    """From an event's or a job's JSON."""
    clip, box = value.get("clip"), value.get("box")
    return Order(
        value["profile"], (clip[0], clip[1]) if clip else None, (box[0], box[1]) if box else None,
        value.get("video_kbps"), value.get("at_ms"),
    )  # fmt: skip


def check(order: Order, kind: str, duration_s: float | None) -> None:
    """Raises Rejected, with a sentence for the editor, when this asset cannot have it. `kind` is the asset's."""
    profiles = PROFILES[kind]
    if order.profile not in profiles:
        raise Rejected("unknown-profile", f"{kind} has no `{order.profile}`; there are {', '.join(profiles)}")
    if order.clip:
        _check_clip(order, kind, duration_s)
    elif order.profile == ORIGINAL:
        raise Rejected("no-clip", f"`{ORIGINAL}` is for clips: say where it begins and ends")
    sized = (*FILM_FILES, *PRORES, POSTER, DISPLAY)
    if order.box and order.profile not in sized and not order.profile.startswith("thumb-"):
        raise Rejected("no-size", f"`{order.profile}` has no size to choose")
    if order.video_kbps and order.profile not in FILM_FILES:
        raise Rejected("no-bitrate", f"`{order.profile}` has no bitrate to choose")
    if order.at_ms is not None:
        if order.profile != POSTER:
            raise Rejected("no-moment", f"`{order.profile}` is not of a moment")
        if duration_s is not None and order.at_ms >= duration_s * 1000:
            raise Rejected("outside", f"the film has {duration_s:.3f} s")


def _check_clip(order: Order, kind: str, duration_s: float | None) -> None:
    start_ms, end_ms = order.clip or (0, 0)
    cuttable = (*FILM_FILES, *PRORES, ORIGINAL, *SOUND_FILES)
    if kind == "image" or order.profile not in cuttable:
        raise Rejected("no-clips", f"`{order.profile}` cannot be cut; {', '.join(cuttable)} can")
    if not 0 <= start_ms < end_ms:
        raise Rejected("empty-clip", "a clip ends after it begins")
    if duration_s is not None and start_ms >= duration_s * 1000:
        raise Rejected("outside", f"the clip begins after the end: there are {duration_s:.3f} s")
    if order.profile == ORIGINAL and end_ms - start_ms > MAX_CUT_S * 1000:
        raise Rejected(
            "too-long",
            f"a clip in the master's own coding has at most {MAX_CUT_S / 60:.0f} minutes; order `proxy` or ProRes",
        )


def profile_of(order: Order, job_id: str) -> str:
    """The profile of the rendition that comes out."""
    return order.profile if order.is_plain else f"{KIND}-{job_id}"


def wants_ladder(order: Order) -> bool:
    """All of a film's streaming renditions come out of one pass."""
    return order.is_plain and order.profile in (HLS, WAVEFORM)
