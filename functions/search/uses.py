"""What a hit's rights say of each use of it now: pure, from the row that PostgreSQL gave with the hit.

`reasons` are the codes of `acervo.rights`; `download` is of a rendition (`rights-restricted` among the flags: the master is for archivists).
An archivist may override what is denied here; the routes that act decide anew, this is for badges and greyed-out buttons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from acervo import rights
from acervo.rights import Use

FREE = "rights-free"  # nothing limits it
_USES = tuple(use.value for use in Use)
_UNREADABLE = "rights-unreadable"


def uses_of(written: Any, now: datetime) -> dict[str, Any]:
    """`{"rights": {use: {"allowed", "reasons"}}, "rights_flags": [code]}`; rights that are no object deny all but a look."""
    if written == {}:  # most of an archive
        return {"rights": {use: _use(True, []) for use in _USES}, "rights_flags": []}
    limits = flags_of(written, now)
    if not isinstance(written, Mapping):
        unread = {use.value: _use(use is Use.VIEW, [] if use is Use.VIEW else limits) for use in Use}
        return {"rights": unread, "rights_flags": limits}
    decisions = {use.value: rights.allows(written, use, now) for use in Use}
    return {
        "rights": {use: _use(d.allowed, [code for code, _ in d.reasons]) for use, d in decisions.items()},
        "rights_flags": limits,
    }


def flags_of(written: Any, now: datetime) -> list[str]:
    """The codes of what limits its use, each once."""
    return list(dict.fromkeys(rights.flags(written, now))) if isinstance(written, Mapping) else [_UNREADABLE]


def _use(allowed: bool, reasons: list[str]) -> dict[str, Any]:
    return {"allowed": allowed, "reasons": reasons}
