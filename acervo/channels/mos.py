"""MOS: a file on the playout's storage, and the object that the newsroom system is told of."""

from __future__ import annotations

from typing import Any

from acervo.channels.files import FTP, SFTP
from acervo.channels.kind import ChannelKind
from acervo.channels.shapes import form, host, port, requirements, text

_DELIVERIES = (SFTP, FTP)


def _delivery() -> dict[str, Any]:
    """The settings of the inner channel, beside its type."""
    kinds = [
        {
            "if": {"properties": {"type": {"const": kind.type}}, "required": ["type"]},
            "then": {
                **kind.schema,
                "properties": {**kind.schema["properties"], "type": {"const": kind.type}},
            },
        }
        for kind in _DELIVERIES
    ]
    types = [kind.type for kind in _DELIVERIES]
    return {
        "type": "object", "title": "How the file gets there", "required": ["type"], "allOf": kinds,
        "properties": {"type": {"enum": types, "title": "Type"}},
    }  # fmt: skip


_ID = r"^[^\x00-\x1f]+$"

MOS = ChannelKind(
    type="mos", title="MOS", description="A newsroom computer system: the file is delivered, then the object is announced.",
    schema={
        **form(
            ("host", "mos_id", "ncs_id"),
            host=host("Newsroom system"),
            port=port(10540),
            mos_id=text("Our MOS ID", 128, pattern=_ID),
            ncs_id=text("NCS ID", 128, pattern=_ID),
            group=text("Group of the objects", 128, pattern=_ID),
            delivery=_delivery(),
            path_prefix=text("Where the files are already", 500, description="Instead of a delivery."),
            requirements=requirements(),
        ),
        "if": {"not": {"required": ["delivery"]}},
        "then": {"required": ["path_prefix"]},
    },
    credentials=SFTP.credentials,
    sets=(*SFTP.sets, ()),
)  # fmt: skip
