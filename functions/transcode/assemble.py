"""All chunks are there: playlists are written, files are joined, and the renditions become ready in one transaction.

This is the job's last chunk, leased as the others are: one instance does it, its death is noticed, a cancelled job stops it. Every
object has the key that it had the time before, so that a second attempt writes the same bytes again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from acervo import keys, leases, sandbox, steps
from acervo.assets import Status
from acervo.database import as_json, query
from acervo.errors import AlreadyDone
from acervo.events import Event
from acervo.function import Call, Work
from acervo.leases import Lease
from acervo.ranges import RangeReader
from functions.transcode import captions, joined, leftovers, limits, planning, recording_files, thumbnails
from functions.transcode.boxes import codec_string
from functions.transcode.film import parse_film
from functions.transcode.ladder import parse_ladder
from functions.transcode.profiles import HLS, WAVEFORM
from functions.transcode.renditions import as_row
from functions.transcode.stitched import MASTER, MPD, Stitched, Stream, build_texts, build_variants, stitch

PLAYLIST, FILM, MOVIE = "application/vnd.apple.mpegurl", "video/mp4", "video/quicktime"
MIME_TYPES = {
    "m3u8": PLAYLIST,
    "mpd": "application/dash+xml",
    "mp4": FILM,
    "mov": MOVIE,
    "vtt": "text/vtt; charset=utf-8",
}
PIECES = (".m4s", ".jpg")
Row = dict[str, Any]
MAX_KEYS = 100_000
MAX_SPRITE_BYTES = 8 << 20


def assemble_job(event: Event, call: Call) -> None:
    """The renditions of `acervo.job.encoded.v1`.

    Raises:
        AlreadyDone: the job is over.
        Transient: somebody is at it, or the store or the database is away.
    """
    job_id = event.data["job_id"]
    if call.was_done():
        leftovers.sweep(call, job_id)  # who did it may not have come to that
        raise AlreadyDone
    with call.database.transaction() as connection:
        number = query.last_chunk(connection, job_id=job_id)
    if number is None:
        leftovers.sweep(call, job_id)
        with call.commit():
            return
    with leases.hold(call, job_id, number, planning.say_job_failed) as lease:
        put_together(call, lease)


def put_together(call: Call, lease: Lease) -> None:
    """What the chunks left, as renditions."""
    with call.database.transaction() as connection:
        rows = [row for row in query.chunk_results(connection, job_id=lease.job_id) if row["result"]]
    chunks = [row for row in rows if row["number"] != lease.number]
    renditions = [found for chunk in chunks for found in chunk["result"]["renditions"]]
    film: Stitched | None = None
    if "recording" in lease.job_spec:
        renditions += recording_files.put_recording(
            call, lease, [row["result"] for row in chunks if "pieces" in row["result"]]
        )
    elif lease.job_spec.get("folder"):
        film = _stitched(lease.job_spec, chunks)
        if lease.job_spec["stream"]:
            noted = next((row["result"]["sheets"] for row in rows if row["number"] == lease.number), None)
            film = _put_sheets(call, lease, film, noted)
            renditions += [*_put_waveform(call, lease, chunks), _put_stream(call, lease, film)]
        renditions += [_put_file(call, lease, film, file) for file in lease.job_spec["files"]]
    lease.check()
    with call.commit() as work:
        if lease.finish(work, {}) is None:
            return
        _finish(work, call, lease, renditions)
    if film is not None and lease.job_spec["stream"]:
        _sweep(call, lease, film)
    else:
        leftovers.sweep(call, lease.job_id)


def _stitched(spec: Row, chunks: list[Row]) -> Stitched:
    pictures = [chunk["result"] for chunk in chunks if chunk["spec"]["do"] == "pictures"]
    tracks = [track for chunk in chunks for track in chunk["result"].get("tracks", ())]
    film, ladder = parse_film(spec["film"]), parse_ladder(spec["ladder"])
    return stitch(film, ladder, pictures, tracks, spec.get("sound") == "pcm")


def _put_sheets(call: Call, lease: Lease, film: Stitched, noted: list[Row] | None) -> Stitched:
    """The film with its thumbnails on sheets of one grid, instead of the sprites of its chunks, which are gone then.

    Args:
        noted: the sheets that an attempt before this one made.
    """
    if not film.sprites:
        return film
    if noted is None:
        noted = _make_sheets(call, lease, film)
        with call.database.transaction() as connection:
            query.note_sheets(connection, job_id=lease.job_id, number=lease.number, sheets=as_json(noted))
    for sprite_name, _ in film.sprites:
        lease.check()
        call.objects.delete(call.objects.proxies, f"{lease.job_spec['folder']}/{sprite_name}")
    named = tuple((thumbnails.sheet_name(number, sheet), sheet) for number, sheet in enumerate(noted))
    return replace(film, sprites=named)


def _make_sheets(call: Call, lease: Lease, film: Stitched) -> list[Row]:
    objects, folder = call.objects, lease.job_spec["folder"]
    with tempfile.TemporaryDirectory(prefix="sheets-", dir=call.settings.directory or None) as name:
        directory = Path(name)
        sprites = []
        for number, (sprite_name, sprite) in enumerate(film.sprites):
            lease.check()
            file = f"{number:06d}.jpg"
            data = objects.get_bytes(objects.proxies, f"{folder}/{sprite_name}", MAX_SPRITE_BYTES)
            (directory / file).write_bytes(data)
            sprites.append({**sprite, "file": file})
        arguments = {
            "directory": name, "sprites": sprites, "every_s": lease.job_spec["tile"]["every_s"],
            "duration_s": film.film.timeline.duration_s,
        }  # fmt: skip
        try:
            made: list[Row] = sandbox.run(
                "functions.transcode.sheets:make_sheets", arguments, **limits.sandbox_limits(call.settings), cancelled=lease.cancelled
            )["sheets"]  # fmt: skip
        except sandbox.Stopped:
            lease.check()
            raise
        for number, sheet in enumerate(made):
            key = f"{folder}/{thumbnails.sheet_name(number, sheet)}"
            objects.put_file(objects.proxies, key, directory / sheet["file"], "image/jpeg")
    return made


def _put_waveform(call: Call, lease: Lease, chunks: list[Row]) -> list[Row]:
    """Of the first soundtrack, out of the parts that the sound was encoded in."""
    parts = [chunk["result"]["peaks"] for chunk in chunks if chunk["result"].get("tracks")]
    if not parts:
        return []
    data = [value for part in parts for value in part["data"]]
    text = json.dumps({**parts[0], "length": len(data) // 2, "data": data}, separators=(",", ":")).encode()
    key = keys.proxy(lease.asset_id, lease.job_spec["sha256"], WAVEFORM, "waveform.json")
    call.objects.put_bytes(call.objects.proxies, key, text, "application/json")
    return [as_row(WAVEFORM, key, "application/json", len(text), {})]


def _put_stream(call: Call, lease: Lease, film: Stitched) -> Row:
    """The small files of `hls`; the playlists may be written again, when captions come."""
    texts, folder = build_texts(film), lease.job_spec["folder"]
    for name, data in texts.items():
        mime_type = MIME_TYPES[name.rsplit(".", 1)[1]]
        call.objects.put_bytes(
            call.objects.proxies, f"{folder}/{name}", data, mime_type, immutable=mime_type == FILM
        )
    ladder = [
        {
            "name": rung.name, "width": rung.width, "height": rung.height, "codecs": ",".join(variant.codecs),
            "average_bps": variant.average_bandwidth, "peak_bps": variant.bandwidth,
        }
        for (rung, _), variant in zip(film.rungs, build_variants(film), strict=True)
    ]  # fmt: skip
    timeline = film.film.timeline
    detail = {
        "dash": f"{folder}/{MPD}",
        "ladder": ladder,
        "audio": [
            {"language": track.language, "channels": track.channels, "loudness": track.loudness}
            for track in film.soundtracks
        ],
        "thumbnails": f"{folder}/{thumbnails.VTT}" if thumbnails.VTT in texts else None,
        "delay_s": timeline.delay / timeline.timescale,
        **_shown(film),
    }
    size = sum(stream.size_bytes for stream in film.streams) + sum(map(len, texts.values()))
    return as_row(HLS, f"{folder}/{MASTER}", PLAYLIST, size, detail)


def _put_file(call: Call, lease: Lease, film: Stitched, file: Row) -> Row:
    """One file: the packets of a rung and of the first soundtrack, of all of them where an editor goes on with it."""
    folder = lease.job_spec["folder"]
    rung, picture = next((rung, stream) for rung, stream in film.rungs if file["step"] in rung.steps)
    sounds = film.soundtracks if rung.intra else film.soundtracks[:1]
    streams: list[Stream] = [picture, *(track.stream for track in sounds)]

    def opened(name: str, block: int) -> RangeReader:
        return call.objects.reader(call.objects.proxies, f"{folder}/{name}", block=block)

    def checked(parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            lease.check()
            yield part

    layout = joined.plan(streams, opened)
    source = joined.Joined(checked(joined.payloads(streams, layout, opened)))
    mime_type = MIME_TYPES[file["key"].rsplit(".", 1)[1]]
    call.objects.put_stream(call.objects.proxies, file["key"], cast(Any, source), mime_type)
    detail = {
        "width": rung.width,
        "height": rung.height,
        "video_kbps": rung.video_kbps or None,
        "codecs": ",".join(codec_string(stream.format) for stream in streams),
        **_shown(film),
    }
    return as_row(file["profile"], file["key"], mime_type, layout.size_bytes, detail)


def _shown(film: Stitched) -> Row:
    """What a player and an editor want to know of a film."""
    return {
        "duration_s": round(film.film.timeline.duration_s, 3),
        "frames": film.frames,
        "fps": float(film.film.timeline.fps),
        "warnings": film.warnings,
    }


def _sweep(call: Call, lease: Lease, film: Stitched) -> None:
    """Delete the pieces that no playlist names: of attempts that were not first."""
    folder = f"{lease.job_spec['folder']}/"
    named = {piece.name for stream in film.streams for piece in stream.pieces}
    named |= {name for name, _ in film.sprites}
    for key in call.objects.keys(call.objects.proxies, folder, limit=MAX_KEYS):
        if key.endswith(PIECES) and key.removeprefix(folder) not in named:
            call.objects.delete(call.objects.proxies, key)


def _finish(work: Work, call: Call, lease: Lease, renditions: list[Row]) -> None:
    asset_id, project_id = lease.asset_id, lease.job_spec["project_id"]
    asset = query.lock_asset(work.connection, asset_id=asset_id)
    if asset["status"] == Status.DELETED:
        _end(work, lease, "cancelled", "deleted", "the asset was deleted")
        return
    order = lease.job_spec.get("order")
    for found in renditions:
        detail = {**found["detail"], "order": order} if order else found["detail"]
        query.put_rendition(
            work.connection, asset_id=asset_id, profile=found["profile"], status="ready", bucket=call.objects.proxies,
            key=found["key"], mime_type=found["mime_type"], size_bytes=found["size_bytes"], detail=as_json(detail),
        )  # fmt: skip
        data = {"asset_id": asset_id, "project_id": project_id, "profile": found["profile"]}
        work.say("acervo.rendition.ready.v1", asset_id, data, what=found["profile"])
    if any(found["profile"] == HLS for found in renditions):
        captions.attach(call, work, asset_id)
    _end(work, lease, "done", None, None)


def _end(work: Work, lease: Lease, state: str, code: str | None, reason: str | None) -> None:
    query.set_job_state(work.connection, job_id=lease.job_id, state=state, reason_code=code, reason=reason)
    query.drop_chunks(work.connection, job_id=lease.job_id)
    steps.settle(work, lease.asset_id)
