"""HLS playlists whose links are replaced (RFC 8216). Pure: text and a function from link to link in, text out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from acervo.errors import Rejected

MAX_BYTES = 8 << 20
_URI = re.compile(r'(?<=[:,])URI="([^"]*)"')


def rewrite(text: str, link: Callable[[str], str]) -> str:
    """Every URI of a playlist through `link`: plain lines, and URI attributes of tags."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(_URI.sub(lambda found: f'URI="{link(found.group(1))}"', line))
        else:
            lines.append(link(line.strip()) if line.strip() else line)
    return "\n".join(lines) + "\n"


def resolve(folder: str, playlist: str, uri: str) -> str:
    """The key of a link in a playlist of `folder`.

    Raises:
        Rejected: it leads out of the folder, or to another server.
    """
    path = posixpath.normpath(posixpath.join(folder, posixpath.dirname(playlist), uri))
    if "://" in uri or uri.startswith("/") or "?" in uri or not path.startswith(folder + "/"):
        raise Rejected("foreign-link", "the playlist links to something outside its folder")
    return path


def duration_s(text: str) -> float:
    """Seconds of all segments of a media playlist; 0 for a main playlist."""
    return sum(float(found) for found in re.findall(r"^#EXTINF:([0-9.]+)", text, re.MULTILINE))
