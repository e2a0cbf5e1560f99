"""Types of channels: ours, and what other packages bring as entry points of the group `acervo.channels` (`name = "module:KIND"`)."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from functions.publish.connector import Kind
from functions.publish.faults import Fault

GROUP = "acervo.channels"
OURS = {
    "web": "functions.publish.web",
    "youtube": "functions.publish.youtube",
    "facebook": "functions.publish.facebook",
    "cms": "functions.publish.cms",
    "sftp": "functions.publish.sftp",
    "ftp": "functions.publish.ftp",
    "mos": "functions.publish.mos",
}


@cache
def kind_of(type_: str) -> Kind:
    """The kind of a channel's type; imported on first use. Raises Fault `unknown-channel-type`."""
    if type_ in OURS:
        return cast(Kind, import_module(OURS[type_]).KIND)
    for point in entry_points(group=GROUP, name=type_):
        return cast(Kind, point.load())
    raise Fault("unknown-channel-type", f"there is no connector for channels of type {type_}")


def types() -> list[str]:
    return sorted({*OURS, *(point.name for point in entry_points(group=GROUP))})
