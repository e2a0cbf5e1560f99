"""One chunk: leased, done in a child process that writes files, uploaded under keys that no other bytes can have."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acervo import keys, leases, sandbox
from acervo.events import Event
from acervo.function import Call
from acervo.leases import Lease
from functions.transcode import limits
from functions.transcode.profiles import BROADCAST, DISPLAY, HLS, POSTER, PREVIEW, THUMBS, WAVEFORM

ENCODED = 0.95  # of a chunk's progress; the rest is uploading
FRAGMENT_TYPES = {"pictures": "video/mp4", "soundtracks": "audio/mp4"}
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
    """A kind of chunk: the sandbox entry, and the files that it leaves."""

    entry: str
    files: Callable[[Lease, Said], list[File]]


def do_chunk(event: Event, call: Call) -> None:
    """The chunk of `acervo.chunk.requested.v1`; the last one says `acervo.job.encoded.v1`.

    Raises:
        AlreadyDone: somebody did it, or its job is over.
        Transient: somebody is at it, or a service is away.
        Rejected, Permanent: it can never be done (the job has failed).
    """
    with (
        leases.hold(call, event.data["job_id"], event.data["number"]) as lease,
        tempfile.TemporaryDirectory(prefix="chunk-", dir=call.settings.directory or None) as directory,
    ):
        result = _in_child(call, lease, directory)
        files = DOINGS[lease.spec["do"]].files(lease, result)
        renditions = [_put(call, lease, Path(directory), file) for file in files]
        with call.commit() as work:
            remaining = lease.finish(
                work, {**_kept(lease, result), "renditions": [found for found in renditions if found]}
            )
            if remaining == 0:
                data = {"asset_id": lease.asset_id, "job_id": lease.job_id}
                work.say("acervo.job.encoded.v1", lease.asset_id, data, what=lease.job_id)


def _in_child(call: Call, lease: Lease, directory: str) -> dict[str, Any]:
    chosen: limits.Settings = call.settings
    arguments: dict[str, Any] = {
        **{name: lease.job_spec[name] for name in ("film", "ladder") if name in lease.job_spec},
        **{name: lease.spec[name] for name in ("start", "end", "last") if name in lease.spec},
        "source": limits.source(call, lease.job_spec["master_key"]),
        "number": lease.spec.get("part", 0), "directory": directory, "preset": chosen.preset, "threads": chosen.threads,
    }  # fmt: skip
    try:
        return sandbox.run(
            DOINGS[lease.spec["do"]].entry, arguments, **limits.sandbox_limits(chosen),
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


def _kept(lease: Lease, result: Said) -> dict[str, Any]:
    """What assembling needs of a child's result."""
    return {name: result[name] for name in ("frames", "rungs", "tracks") if name in result}


def _key(lease: Lease, profile: str, name: str) -> str:
    return keys.proxy(lease.asset_id, lease.job_spec["sha256"], profile, name)


def _pictures(lease: Lease, result: Said) -> list[File]:
    return [
        File(f"{rung}.m4s", _key(lease, HLS, found["piece"]["name"]), FRAGMENT_TYPES["pictures"])
        for rung, found in result["rungs"].items()
    ]


def _soundtracks(lease: Lease, result: Said) -> list[File]:
    fragments = [
        File(f"a{number}.m4s", _key(lease, HLS, track["piece"]["name"]), FRAGMENT_TYPES["soundtracks"])
        for number, track in enumerate(result["tracks"])
    ]
    return [*fragments, *_waveform(lease)] if fragments else []


def _waveform(lease: Lease) -> list[File]:
    return [File("waveform.json", _key(lease, WAVEFORM, "waveform.json"), "application/json", WAVEFORM)]


def _poster(lease: Lease, result: Said) -> list[File]:
    return [
        File("poster.jpg", _key(lease, POSTER.profile, "poster.jpg"), "image/jpeg", POSTER.profile, result)
    ]


def _audio(lease: Lease, result: Said) -> list[File]:
    files = [
        File(
            sound.file, _key(lease, sound.profile, sound.file), sound.mime_type, sound.profile,
            {"duration_s": result["duration_s"], "channels": result["channels"][sound.profile], "audio_kbps": sound.audio_kbps},
        )
        for sound in (PREVIEW, BROADCAST)
    ]  # fmt: skip
    return [*files, *_waveform(lease)]


def _image(lease: Lease, result: Said) -> list[File]:
    sha256 = lease.job_spec["sha256"]
    files = [
        File(f"{name}.webp", keys.thumb(lease.asset_id, sha256, name), "image/webp", name, result[name])
        for name in (thumb.profile for thumb in THUMBS)
    ]
    name = DISPLAY.profile
    return [*files, File(f"{name}.jpg", _key(lease, name, f"{name}.jpg"), "image/jpeg", name, result[name])]


DOINGS = {
    "pictures": Doing("functions.transcode.encode:encode_chunk", _pictures),
    "soundtracks": Doing("functions.transcode.soundtracks:encode_soundtracks", _soundtracks),
    "poster": Doing("functions.transcode.poster:make_poster", _poster),
    "audio": Doing("functions.transcode.recordings:encode_audio", _audio),
    "image": Doing("functions.transcode.images:make_renditions", _image),
}
