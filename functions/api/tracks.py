"""Thumbnail tracks whose links are replaced: WebVTT (W3C WebVTT 1, 4.1) of cues that are places in sprites, `name.jpg#xywh=x,y,w,h`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_TIMING = re.compile(r"^(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> (?:(\d+):)?(\d\d):(\d\d)\.(\d{3})")


def rewrite(text: str, link: Callable[[str], str]) -> str:
    """The file of every cue through `link`; its place in the file stays as it is."""
    lines, payload = [], False
    for line in text.splitlines():
        if payload and line:
            uri, mark, place = line.partition("#")
            line = link(uri) + mark + place
        payload = bool(line) and (payload or _TIMING.match(line) is not None)
        lines.append(line)
    return "\n".join(lines) + "\n"


def duration_s(text: str) -> float:
    """The end of the last cue; 0 without one."""
    found = [match for line in text.splitlines() if (match := _TIMING.match(line))]
    if not found:
        return 0.0
    hours, minutes, seconds, ms = (int(part or 0) for part in found[-1].groups()[4:])
    return hours * 3600 + minutes * 60 + seconds + ms / 1000
