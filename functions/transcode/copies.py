"""A picture's master as a local file: libvips reads it from there, in a child that knows no address and has nobody to talk to.

Copied here while the child starts, into its directory, under a name that tells nothing: libvips decides by the bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Rejected

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease

MAX_BYTES = 2 << 30
NAME = "master"
PIECE_BYTES = 1 << 20


def copy_master(call: Call, lease: Lease, directory: Path) -> dict[str, Any]:
    """`path`, for the arguments of a child; the ETag pins the bytes.

    Raises:
        Rejected: no picture is as large.
        Transient: the store is away.
    """
    objects, key = call.objects, lease.job_spec["master_key"]
    stored = objects.head(objects.archive, key)
    check_size(stored.size)
    path = directory / NAME
    reader = objects.reader(objects.archive, key, stored)
    try:
        with path.open("wb") as file:
            while piece := reader.read(PIECE_BYTES):
                lease.check()
                file.write(piece)
    finally:
        reader.close()
    return {"path": str(path)}


def check_size(size_bytes: int) -> None:
    if size_bytes > MAX_BYTES:
        raise Rejected("too-large", f"an image has at most {MAX_BYTES >> 20} MiB")
