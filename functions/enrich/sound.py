"""The sound of one part of a master, decoded in the sandbox into a file of plain samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo import sandbox
from acervo.errors import Rejected
from functions.enrich import masters
from functions.enrich.parts import Part
from functions.enrich.pcm import Recording

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease

CHILD_MEMORY_BYTES, CHILD_CPU_S, CHILD_WALL_S = 3 << 30, 900, 540.0


def decode(call: Call, lease: Lease, part: Part, directory: Path) -> Recording:
    """Raises Rejected: the sound cannot be decoded."""
    path = directory / "part.pcm"
    arguments = {
        **masters.source(call, lease),
        "ranges": [{"path": str(path), "start_ms": part.start_ms, "end_ms": part.end_ms}],
    }  # fmt: skip
    try:
        done: dict[str, Any] = sandbox.run(
            "functions.enrich.decode:decode", arguments,
            memory_bytes=CHILD_MEMORY_BYTES, cpu_s=CHILD_CPU_S, wall_s=CHILD_WALL_S,
            report=lambda _: None, cancelled=lease.cancelled,
        )  # fmt: skip
    except sandbox.Stopped:
        lease.check()
        raise
    recording = Recording.open(path)
    if done["faults"] and not recording.count and part == Part(0, None):
        raise Rejected("sound-unreadable", "the sound of this file is damaged throughout")
    return recording
