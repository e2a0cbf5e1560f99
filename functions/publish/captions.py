"""A transcript as WebVTT (W3C WebVTT: file structure, cue text escaping), piece by piece. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def webvtt(segments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The file of these transcript segments {start_ms, end_ms, text}; nothing at all when there are none."""
    begun = False
    for segment in segments:
        text = " ".join(str(segment["text"]).split())
        if not text or segment["end_ms"] <= segment["start_ms"]:
            continue
        if not begun:
            yield "WEBVTT\n\n"
            begun = True
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{_clock(segment['start_ms'])} --> {_clock(segment['end_ms'])}\n{escaped}\n\n"


def _clock(ms: int) -> str:
    seconds, rest = divmod(int(ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
