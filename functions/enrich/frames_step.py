"""Step `frames`: what the steps that look at pictures look at, shots with a storyboard, perceptual hashes. One decoding for all of them."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.enrich import masters, parts
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call, Work
    from acervo.leases import Lease

WHOLE_MS, PART_MS = 400_000, 300_000
MOST_FRAMES, MOST_SHOTS = 3_000, 6_000  # of an asset
PART_FRAMES, PART_SHOTS = (20, 300), (50, 600)  # of a part: at least, at most
CHILD_MEMORY_BYTES, CHILD_CPU_S, CHILD_WALL_S = 4 << 30, 1_800, 540.0
METHOD = "frames@2"  # choosing.py and phash.py: another number when they choose or hash differently
PROFILE = "storyboard"


class Frames:
    """A `Step`."""

    name, required = "frames", False

    def plan(self, on: Planning) -> Planned | None:
        spec, of = masters.plan_spec(on)
        if on.asset["kind"] == "image":
            return Planned([{"still": True}], of, spec)
        if on.asset["kind"] != "video":
            return None
        planned = parts.plan_parts(on.facts.duration_ms, WHOLE_MS, PART_MS)
        share = {
            "most_frames": _between(MOST_FRAMES // len(planned), *PART_FRAMES),
            "most_shots": _between(MOST_SHOTS // len(planned), *PART_SHOTS),
        }
        return Planned([{**part.to_json(), **share} for part in planned], of, spec)

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        """Choose frames in the sandbox, put them into the bucket."""
        with tempfile.TemporaryDirectory(prefix="frames-") as scratch:
            arguments = {
                **masters.source(call, lease),
                "directory": scratch,
                "threads": call.settings.threads,
                **lease.spec,
            }
            found = _choose(lease, arguments)
            _put(call, lease, Path(scratch), found)
        return found, METHOD

    def complete(self, done: Completion) -> Outcome:
        from acervo.database import query
        from functions.enrich import phash

        asset_id = str(done.asset["id"])
        found = [row["result"] for row in done.results]
        frames = [frame for part in found for frame in part["frames"]]
        shots = joined_shots(found)
        query.delete_frames(done.work.connection, asset_id=asset_id)
        query.delete_shots(done.work.connection, asset_id=asset_id)
        if frames:
            query.put_frame(
                done.work.connection,
                [
                    {"asset_id": asset_id, **{n: frame[n] for n in ("at_ms", "until_ms", "key")}}
                    for frame in frames
                ],
            )
        if shots:
            repeats = phash.repeated([shot["hash"] for shot in shots])
            query.put_shot(
                done.work.connection,
                [
                    {
                        "asset_id": asset_id, "number": number, "start_ms": shot["start_ms"], "end_ms": shot["end_ms"],
                        "frame_ms": shot["start_ms"], "hash": shot["hash"], "repeats": repeats[number],
                    }
                    for number, shot in enumerate(shots)
                ],
            )  # fmt: skip
        _put_storyboard(done.call, done.work, done.asset, [shot for shot in shots if shot["key"]])
        return Outcome(len(frames))


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


def _choose(lease: Lease, arguments: dict[str, Any]) -> dict[str, Any]:
    from acervo import sandbox

    begins = arguments.get("start_ms", 0)
    length = (arguments.get("end_ms") or begins + PART_MS) - begins

    def report(said: dict[str, Any]) -> None:
        lease.report(0.9 * said.get("fraction", (said.get("at_ms", begins) - begins) / length))

    entry = "picture_frames" if arguments.get("still") else "film_frames"
    try:
        return sandbox.run(
            f"functions.enrich.{entry}:choose",
            arguments,
            memory_bytes=CHILD_MEMORY_BYTES,
            cpu_s=CHILD_CPU_S,
            wall_s=CHILD_WALL_S,
            report=report,
            cancelled=lease.cancelled,
        )
    except sandbox.Stopped:
        lease.check()
        raise


def _put(call: Call, lease: Lease, scratch: Path, found: dict[str, Any]) -> None:
    """The files into the bucket of proxies; their keys in the place of their names. A retry overwrites them with the same."""
    from acervo import keys

    objects, sha256 = call.objects, lease.job_spec["sha256"]
    for items, folder, mime_type in (
        (found["frames"], "frames", "image/jpeg"),
        (found["shots"], PROFILE, "image/webp"),
    ):
        for item in items:
            lease.check()
            file = item.pop("file")
            item["key"] = None if file is None else keys.proxy(lease.asset_id, sha256, folder, file)
            if file is not None:
                objects.put_file(objects.proxies, item["key"], scratch / file, mime_type, immutable=False)


def joined_shots(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shots of all parts; one that goes on over the seam of two parts is one shot."""
    import numpy as np

    from functions.enrich.choosing import THUMB_HEIGHT, THUMB_WIDTH, is_cut

    def thumb(packed: str) -> Any:
        return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(THUMB_HEIGHT, THUMB_WIDTH, 3)

    shots: list[dict[str, Any]] = []
    last: str | None = None
    for part in found:
        own = [dict(shot) for shot in part["shots"]]
        if own and shots and last and part["first"] and not is_cut(thumb(last), thumb(part["first"])):
            shots[-1]["end_ms"] = own.pop(0)["end_ms"]
        elif own and shots:
            shots[-1]["end_ms"] = own[0]["start_ms"]
        shots += own
        last = part["last"] or last
    return shots


def _put_storyboard(call: Call, work: Work, asset: dict[str, Any], shots: Sequence[dict[str, Any]]) -> None:
    """A rendition whose file is a WebVTT track: the time of each shot and its picture's address beside it."""
    from acervo import keys
    from acervo.database import as_json, query
    from functions.enrich import captions, sizes

    asset_id, objects = str(asset["id"]), call.objects
    if not shots:
        query.drop_rendition(work.connection, asset_id=asset_id, profile=PROFILE)
        return
    blocks = ["WEBVTT"] + [
        f"{captions.clock(shot['start_ms'], '.')} --> {captions.clock(shot['end_ms'], '.')}\n{Path(shot['key']).name}"
        for shot in shots
    ]
    data = ("\n\n".join(blocks) + "\n").encode()
    key = keys.proxy(asset_id, asset["sha256"], PROFILE, "storyboard.vtt")
    objects.put_bytes(objects.proxies, key, data, "text/vtt; charset=utf-8", immutable=False)
    query.put_rendition(
        work.connection, asset_id=asset_id, profile=PROFILE, status="ready", bucket=objects.proxies, key=key,
        mime_type="text/vtt", size_bytes=len(data),
        detail=as_json({"shots": len(shots), "width": sizes.STORYBOARD_WIDTH, "height": sizes.STORYBOARD_HEIGHT}),
    )  # fmt: skip
