"""Entity tags of assets: `"{version}.{digest}"`. Pure (RFC 9110, sections 8.8.3 and 13).

The version is that of the row and guards edits (`If-Match`); the digest also changes with renditions, jobs and the transcript, so that a
`304` never hides progress.
"""

from __future__ import annotations

import hashlib
import re

_TAG = re.compile(r'^(?:W/)?"([!#-~\x80-\xff]*)"$')


def entity_tag(version: int, shown: bytes) -> str:
    return f'"{version}.{hashlib.sha256(shown).hexdigest()[:12]}"'


def content_tag(shown: bytes) -> str:
    """Of a list or anything else without a version."""
    return f'"{hashlib.sha256(shown).hexdigest()[:20]}"'


def parse(header: str) -> list[str]:
    """The opaque tags of an If-Match or If-None-Match header (`*` stays `*`); what is malformed is left out."""
    found = []
    for part in header.split(","):
        text = part.strip()
        match = _TAG.match(text)
        if text == "*":
            found.append("*")
        elif match:
            found.append(match.group(1))
    return found


def matches_version(header: str, version: int) -> bool:
    """Whether an If-Match header names this version, whatever hung on the asset then."""
    return any(tag == "*" or tag.split(".")[0] == str(version) for tag in parse(header))


def matches(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names this very representation."""
    return any(known == "*" or f'"{known}"' == tag for known in parse(header))
