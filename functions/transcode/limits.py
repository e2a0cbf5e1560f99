"""What a child process may use, and how it gets at a master: a URL that outlives it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from acervo import settings
from acervo.function import Call, FrameSettings

URL_MARGIN_S = 120


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`preset` is x264's; `threads` is how many a child keeps busy (a rung takes one: more than there are rungs help little); `wall_s` bounds
    one child, and is shorter than the Service's time-out.

    `encoder` is x264 or nvenc, `decoder` cpu or nvdec: the hardware of GPU nodes, and an error where there is none.
    """

    frame: FrameSettings = settings.nested(FrameSettings)
    threads: int = settings.variable("TRANSCODE_THREADS", 2)
    preset: str = settings.variable("TRANSCODE_PRESET", "veryfast")
    memory_mb: int = settings.variable("TRANSCODE_MEMORY_MB", 6144)
    wall_s: int = settings.variable("TRANSCODE_WALL_S", 540)
    encoder: str = settings.variable("TRANSCODE_ENCODER", "x264")
    decoder: str = settings.variable("TRANSCODE_DECODER", "cpu")
    directory: str = settings.variable("TRANSCODE_DIRECTORY", "")


class Limits(TypedDict):
    memory_bytes: int
    cpu_s: int
    wall_s: float


def sandbox_limits(chosen: Settings) -> Limits:
    return {
        "memory_bytes": chosen.memory_mb << 20,
        "cpu_s": chosen.wall_s * (chosen.threads + 2),
        "wall_s": float(chosen.wall_s),
    }


def source(call: Call, master_key: str, clock: Any = None) -> dict[str, Any]:
    """A master as the sandbox entries take it; the ETag pins its bytes. `clock`: the one that it shall have, as JSON."""
    stored = call.objects.head(call.objects.archive, master_key)
    url = call.objects.presign_internal_get(
        call.objects.archive, master_key, call.settings.wall_s + URL_MARGIN_S
    )
    return {"url": url, "size_bytes": stored.size, "etag": stored.etag, "clock": clock}
