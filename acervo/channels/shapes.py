"""Pieces that several types of channel have in common, as JSON Schema: addresses, ports, what a channel requires of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FILE_NAMES = ("stem", "profile", "marker", "extension", "asset_id")


def form(required: tuple[str, ...] = (), /, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """A closed object."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def text(title: str, most: int = 1000, **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "minLength": 1, "maxLength": most, **more}


def choice(title: str, *values: str, default: str) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": list(values), "default": default}


def switch(title: str, default: bool, **more: Any) -> dict[str, Any]:
    return {"type": "boolean", "title": title, "default": default, **more}


def whole(title: str, least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "title": title, "minimum": least, "maximum": most, **more}


def address(title: str, **more: Any) -> dict[str, Any]:
    """An absolute http(s) URL without user, query or fragment."""
    pattern = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
    return text(title, 2000, pattern=pattern, **{"x-fault": "is not an http or https address"}, **more)


def host(title: str = "Server") -> dict[str, Any]:
    return text(
        title, 255, pattern=r"^[A-Za-z0-9_.:-]+$", **{"x-fault": "is not the name or address of a host"}
    )


def port(default: int) -> dict[str, Any]:
    return whole("Port", 1, 65535, default=default)


_STRINGS = {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 100}
_ASPECT = {
    "type": ["number", "string"], "exclusiveMinimum": 0, "pattern": r"^[1-9]\d{0,4}([:/][1-9]\d{0,4}|\.\d{1,4})?$",
    "x-fault": "is not a shape such as 16:9",
}  # fmt: skip


def requirements() -> dict[str, Any]:
    """What this one channel asks of files and words beyond what its type asks (acervo/channels/requirements.py)."""
    return {
        **form(
            (),
            kinds={"type": "array", "items": {"enum": ["video", "audio", "image"]}, "uniqueItems": True, "title": "Kinds of asset"},
            mime_types={**_STRINGS, "title": "MIME types"},
            video_codecs={**_STRINGS, "title": "Video codecs"},
            audio_codecs={**_STRINGS, "title": "Audio codecs"},
            most_bytes=whole("Largest file, bytes", 1, 2**53),
            least_bytes=whole("Smallest file, bytes", 0, 2**53),
            most_duration_s={"type": "number", "title": "Longest, seconds", "exclusiveMinimum": 0},
            least_duration_s={"type": "number", "title": "Shortest, seconds", "minimum": 0},
            least_aspect={**_ASPECT, "title": "Narrowest shape"},
            most_aspect={**_ASPECT, "title": "Widest shape"},
            needs_title=switch("A title is needed", False),
            title_most=whole("Longest title, characters", 1, 10_000),
            title_forbids={"type": "string", "maxLength": 100, "title": "Characters that a title must not have"},
            description_most_bytes=whole("Longest description, bytes", 0, 2**31),
            tags_most=whole("Characters of all tags together", 0, 100_000),
            needs_thumbnail=switch("A thumbnail is needed", False),
            single_file=switch("One file only, no stream of segments", True),
        ),
        "title": "Requirements",
        "description": "Tighter than those of the type of channel, never wider.",
    }  # fmt: skip


def remote_file() -> dict[str, Any]:
    """Where and under which name a file is put on somebody's server."""
    names = "|".join(FILE_NAMES)
    return {
        "folder": text("Folder", default=".", pattern=r"^[^\x00-\x1f]+$"),
        "name": text(
            "File name", 200, pattern=rf"^(?=[\s\S]*\{{marker\}})([^/{{}}\x00-\x1f]|\{{({names})\}})+$", default="{stem}_{profile}_{marker}.{extension}",
            **{"x-fault": f"must contain {{marker}}, no folder, and of names in braces only {' '.join('{' + name + '}' for name in FILE_NAMES)}"},
        ),
        "sidecar": switch("An XML file with the words beside it", True),
    }  # fmt: skip
