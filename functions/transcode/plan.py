"""What a job consists of: its spec, and what each chunk has to do, as JSON that anybody can work from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from functions.transcode.film import Film
from functions.transcode.ladder import build_ladder

SHARED = ("kind", "project_id", "sha256", "master_key")


@dataclass(frozen=True)
class Plan:
    """`spec` is what all chunks need, `chunks` what each one does ({"do": …})."""

    spec: dict[str, Any]
    chunks: list[dict[str, Any]]


def plan_simple(asset: Mapping[str, Any]) -> Plan:
    """An image or a piece of audio: one chunk makes all renditions."""
    return Plan(_shared(asset), [{"do": str(asset["kind"])}])


def plan_film(asset: Mapping[str, Any], film: Film, cuts: Sequence[Sequence[int]]) -> Plan:
    """The soundtracks first, as they take longest, then the pictures from the beginning on."""
    spec = {
        **_shared(asset),
        "film": film.to_json(),
        "ladder": [asdict(rung) for rung in build_ladder(film.picture)],
    }
    chunks: list[dict[str, Any]] = [{"do": "soundtracks"}] if film.soundtracks else []
    chunks += [
        {"do": "pictures", "part": part, "start": start, "end": end, "last": part == len(cuts) - 1}
        for part, (start, end) in enumerate(cuts)
    ]
    return Plan(spec, [*chunks, {"do": "poster"}])


def _shared(asset: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asset[name] for name in SHARED}
