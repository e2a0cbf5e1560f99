"""Types of channels: what each wants to be told and what it takes. Ours, and what other packages bring as entry points of the group `acervo.channel_kinds`.

The connectors are in functions/publish; this is what everybody else has to know about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from acervo.channels.cms import CMS
from acervo.channels.facebook import FACEBOOK
from acervo.channels.files import FTP, SFTP
from acervo.channels.kind import ChannelKind
from acervo.channels.mos import MOS
from acervo.channels.web import WEB
from acervo.channels.youtube import YOUTUBE

GROUP = "acervo.channel_kinds"
OURS = (CMS, FACEBOOK, FTP, MOS, SFTP, WEB, YOUTUBE)


@cache
def kinds() -> Mapping[str, ChannelKind]:
    """By type, in the order of their names; ours cannot be replaced."""
    brought = {point.name: point.load() for point in entry_points(group=GROUP)}
    known = {**brought, **{kind.type: kind for kind in OURS}}
    return {name: known[name] for name in sorted(known)}
