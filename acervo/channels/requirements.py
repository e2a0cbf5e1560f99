"""What a channel needs of a file and of its words (acervo/channels/fitting.py measures them). Pure.

A type of channel states its limits; the settings of a channel may only make them tighter (`settings.requirements`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

PLAYLISTS = frozenset({"application/vnd.apple.mpegurl", "application/x-mpegurl", "application/dash+xml"})


@dataclass(frozen=True, kw_only=True)
class Requirements:
    kinds: frozenset[str] = frozenset({"video", "audio", "image"})
    mime_types: frozenset[str] = frozenset()  # empty: any
    video_codecs: frozenset[str] = frozenset()
    audio_codecs: frozenset[str] = frozenset()
    most_bytes: int | None = None
    least_bytes: int = 1
    most_duration_s: float | None = None
    least_duration_s: float | None = None
    least_aspect: Fraction | None = None
    most_aspect: Fraction | None = None
    needs_title: bool = False
    title_most: int | None = None
    title_forbids: str = ""
    description_most_bytes: int | None = None
    tags_most: int | None = None  # characters of all tags together
    needs_thumbnail: bool = False
    single_file: bool = True  # false: a tree of files (a playlist and its segments) may go

    def tightened(self, by: Mapping[str, Any]) -> Requirements:
        """With the limits of `settings.requirements`: unknown names raise ValueError."""
        changes: dict[str, Any] = {}
        known = {field.name for field in fields(self)}
        for name, value in by.items():
            if name not in known:
                raise ValueError(f"requirements.{name} is not known")
            own = getattr(self, name)
            if isinstance(own, frozenset):
                given = frozenset(str(item) for item in value)
                changes[name] = given & own if own else given
            elif name in ("least_aspect", "most_aspect"):
                changes[name] = Fraction(str(value).replace(":", "/"))
            elif name.startswith("least"):
                changes[name] = max(value, own or 0)
            elif isinstance(own, bool):
                changes[name] = own or bool(value)
            elif isinstance(own, str):
                changes[name] = own + str(value)
            else:
                changes[name] = value if own is None else min(value, own)
        return replace(self, **changes)
