"""One chunk: leased, done in a child process that writes files, uploaded under keys that no other bytes can have."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from acervo import keys, leases, orders, sandbox
from acervo.database import query
from acervo.errors import Transient
from acervo.events import Event
from acervo.function import Call, Work
from acervo.leases import Lease
from functions.transcode import assemble, copies, leftovers, limits, planning, thumbnails
from functions.transcode.heard import join_heard
from functions.transcode.plan import HEAR, LISTEN, RECORDING, SOUNDTRACKS
from functions.transcode.profiles import (
    BROADCAST,
    DISPLAY,
    ORIGINAL,
    PCM_FILE,
    POSTER,
    PREVIEW,
    THUMBS,
    TILES,
)

ENCODED = 0.95  # of a chunk's progress; the rest is uploading
Said = Mapping[str, Any]


@dataclass(frozen=True)
class File:
    """Something the child wrote, and where it goes. With a `profile` it is a rendition by itself."""

    file: str
    key: str
    mime_type: str
    profile: str = ""
    detail: Said | None = None


@dataclass(frozen=True)
class Doing:
    """A kind of chunk: the sandbox entry, the files that it leaves, and whether it wants a copy of the master instead of its address."""

    entry: str
    files: Callable[[Lease, Said], list[File]]
    copied: bool = False


def do_chunk(event: Event, call: Call) -> None:
    """The chunk of `acervo.chunk.requested.v1`; the last one but one says `acervo.job.encoded.v1`.

    Raises:
        AlreadyDone: somebody did it, or its job is over.
        Transient: somebody is at it, or a service is away.
        Rejected, Permanent: it can never be done (the job has failed, and leaves nothing behind).
    """
    try:
        _do_chunk(event, call)
    except Transient:
        raise
    except Exception:
        leftovers.sweep(call, event.data["job_id"])
        raise


def _do_chunk(event: Event, call: Call) -> None:
    with leases.hold(call, event.data["job_id"], event.data["number"], planning.say_job_failed) as lease:
        if lease.spec["do"] == "assemble":
            assemble.put_together(call, lease)
            return
        with tempfile.TemporaryDirectory(prefix="chunk-", dir=call.settings.directory or None) as directory:
            result = _in_child(call, lease, directory)
            files = _ordered(lease, DOINGS[lease.spec["do"]].files(lease, result))
            renditions = [_put(call, lease, Path(directory), file) for file in files]
            with call.commit() as work:
                kept = {**_kept(result), "renditions": [found for found in renditions if found]}
                left = lease.finish(work, kept)
                if left is not None and lease.spec["do"] in (LISTEN, HEAR):
                    _ask_for_sound(work, lease)
                if left == 1:
                    say_encoded(work, lease)


def say_encoded(work: Work, lease: Lease) -> None:
    """Only what puts the results together is left."""
    query.queue_waiting_chunk(work.connection, job_id=lease.job_id)
    data = {"asset_id": lease.asset_id, "job_id": lease.job_id}
    work.say("acervo.job.encoded.v1", lease.asset_id, data, lease.job_id, planning.lane(lease.kind))


def _ask_for_sound(work: Work, lease: Lease) -> None:
    """All of it was heard: its parts may be encoded. The job's row is locked, so that exactly one is the last."""
    for row in query.queue_listened_chunks(work.connection, job_id=lease.job_id):
        planning.ask_for_chunk(work, lease.asset_id, lease.job_id, row["number"], lease.kind)


def _heard(call: Call, lease: Lease) -> list[dict[str, Any]]:
    """Of each soundtrack, over all parts of the film."""
    with call.database.transaction() as connection:
        parts = [row["heard"] for row in query.heard_chunks(connection, job_id=lease.job_id)]
    return [join_heard(each).to_json() for each in zip(*parts, strict=True)]


def _in_child(call: Call, lease: Lease, directory: str) -> dict[str, Any]:
    chosen: limits.Settings = call.settings
    doing, order = DOINGS[lease.spec["do"]], lease.job_spec.get("order", {})
    arguments: dict[str, Any] = {
        **{name: order[name] for name in ("clip", "box", "at_ms") if name in order},
        **{name: lease.job_spec[name] for name in ("film", "ladder", "sound", "beginning", "tile", "recording") if lease.job_spec.get(name) is not None},
        **{name: lease.spec[name] for name in ("start", "end", "last", "first", "until", "clip") if name in lease.spec},
        "number": lease.spec.get("part", 0), "directory": directory, "preset": chosen.preset, "threads": chosen.threads,
        "encoder": chosen.encoder, "decoder": chosen.decoder, "wanted": order.get("profile"),
    }  # fmt: skip
    if lease.spec.get("listened"):
        arguments["heard"] = _heard(call, lease)

    def with_master() -> dict[str, Any]:
        if doing.copied:
            return {**arguments, **copies.copy_master(call, lease, Path(directory))}
        return {
            **arguments,
            "source": limits.source(call, lease.job_spec["master_key"], lease.job_spec.get("clock")),
        }

    try:
        return sandbox.run(
            doing.entry, with_master, **limits.sandbox_limits(chosen),
            report=lambda said: lease.report(said["fraction"] * ENCODED), cancelled=lease.cancelled,
        )  # fmt: skip
    except sandbox.Stopped:
        lease.check()
        raise


def _put(call: Call, lease: Lease, directory: Path, file: File) -> dict[str, Any] | None:
    """Upload one file; the row of `renditions` that it stands for."""
    lease.check()
    path = directory / file.file
    call.objects.put_file(call.objects.proxies, file.key, path, file.mime_type)
    if not file.profile:
        return None
    return {
        "profile": file.profile,
        "key": file.key,
        "mime_type": file.mime_type,
        "size_bytes": path.stat().st_size,
        "detail": dict(file.detail or {}),
    }


def _ordered(lease: Lease, files: list[File]) -> list[File]:
    """Of an order, what was ordered: in its usual place, or as a file of its own when something about it is not as usual."""
    if "order" not in lease.job_spec:
        return files
    order = orders.parse_order(lease.job_spec["order"])
    wanted = [file for file in files if not file.profile or file.profile == order.profile]
    if order.is_plain:
        return wanted
    profile, sha256 = orders.profile_of(order, lease.job_id), lease.job_spec["sha256"]
    return [
        replace(
            file, profile=profile, key=keys.ondemand(lease.asset_id, sha256, lease.job_id, file.key.rsplit("/", 1)[1])
        ) if file.profile else file
        for file in wanted
    ]  # fmt: skip


def _kept(result: Said) -> dict[str, Any]:
    """What assembling needs of a child's result."""
    names = (
        "frames",
        "promised",
        "rungs",
        "tracks",
        "peaks",
        "sprite",
        "heard",
        "pieces",
        "soundtracks",
        "loudness",
    )
    return {name: result[name] for name in names if name in result}


def _key(lease: Lease, profile: str, name: str) -> str:
    return keys.proxy(lease.asset_id, lease.job_spec["sha256"], profile, name)


def _piece(lease: Lease, name: str) -> str:
    return f"{lease.job_spec['folder']}/{name}"


def _pictures(lease: Lease, result: Said) -> list[File]:
    pieces = [
        File(f"{rung}.m4s", _piece(lease, found["piece"]["name"]), "video/mp4")
        for rung, found in result["rungs"].items()
    ]
    if not result.get("sprite"):
        return pieces
    name = thumbnails.name(lease.spec["part"], result["sprite"])
    return [*pieces, File("sprite.jpg", _piece(lease, name), "image/jpeg")]


def _soundtracks(lease: Lease, result: Said) -> list[File]:
    return [
        File(f"a{track['number']}.m4s", _piece(lease, track["piece"]["name"]), "audio/mp4")
        for track in result["tracks"]
    ]


def _poster(lease: Lease, result: Said) -> list[File]:
    return [
        File("poster.jpg", _key(lease, POSTER.profile, "poster.jpg"), "image/jpeg", POSTER.profile, result)
    ]


def _recording(lease: Lease, result: Said) -> list[File]:
    written = {PREVIEW.profile: (PREVIEW.file, PREVIEW.mime_type), BROADCAST.profile: (PCM_FILE, "audio/L24")}
    return [
        File(written[profile][0], _piece(lease, piece["name"]), written[profile][1])
        for profile, piece in result["pieces"].items()
    ]


def _image(lease: Lease, result: Said) -> list[File]:
    sha256, name = lease.job_spec["sha256"], DISPLAY.profile
    files = [
        File(f"{name}.webp", keys.thumb(lease.asset_id, sha256, name), "image/webp", name, result[name])
        for name in (thumb.profile for thumb in THUMBS)
        if name in result
    ]
    if name in result:
        files.append(File(f"{name}.jpg", _key(lease, name, f"{name}.jpg"), "image/jpeg", name, result[name]))
    return files


def _tiles(lease: Lease, result: Said) -> list[File]:
    name = f"{TILES.profile}.szi"
    return [File(name, _key(lease, TILES.profile, name), "application/zip", TILES.profile, result)]


def _cut(lease: Lease, result: Said) -> list[File]:
    name = result["file"]
    return [File(name, _key(lease, ORIGINAL, name), result["mime_type"], ORIGINAL, result["detail"])]


DOINGS = {
    "pictures": Doing("functions.transcode.encode:encode_chunk", _pictures),
    LISTEN: Doing("functions.transcode.soundtracks:listen", lambda _lease, _result: []),
    SOUNDTRACKS: Doing("functions.transcode.soundtracks:encode_soundtracks", _soundtracks),
    "poster": Doing("functions.transcode.poster:make_poster", _poster),
    HEAR: Doing("functions.transcode.recording_parts:listen_part", lambda _lease, _result: []),
    RECORDING: Doing("functions.transcode.recording_parts:encode_part", _recording),
    "image": Doing("functions.transcode.images:make_renditions", _image, copied=True),
    "tiles": Doing("functions.transcode.tiles:make_tiles", _tiles, copied=True),
    "cut": Doing("functions.transcode.cut:cut_clip", _cut),
}
