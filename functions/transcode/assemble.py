"""All chunks are there: playlists are written, MP4 files are joined, and the renditions become ready in one transaction.

Every object has the key that it had the time before, so that a second delivery writes the same bytes again.
"""

from __future__ import annotations

from typing import Any, cast

from acervo import keys, steps
from acervo.assets import Status
from acervo.database import as_json, query
from acervo.errors import AlreadyDone, Permanent
from acervo.events import Event
from acervo.function import Call, Work
from acervo.ranges import RangeReader
from functions.transcode import joined, planning
from functions.transcode.boxes import codec_string
from functions.transcode.film import parse_film
from functions.transcode.ladder import parse_ladder
from functions.transcode.profiles import FILES, HLS, Mp4
from functions.transcode.stitched import MASTER, MPD, Stitched, Stream, build_texts, build_variants, stitch

OPEN = ("queued", "running")
PLAYLIST, FILM = "application/vnd.apple.mpegurl", "video/mp4"
MIME_TYPES = {"m3u8": PLAYLIST, "mpd": "application/dash+xml", "mp4": FILM}
Row = dict[str, Any]
MAX_KEYS = 100_000


def assemble_job(event: Event, call: Call) -> None:
    """The renditions of `acervo.job.encoded.v1`.

    Raises:
        Transient: the store or the database is away.
    """
    if call.was_done():
        raise AlreadyDone
    job_id = event.data["job_id"]
    with call.database.transaction() as connection:
        job = query.get_job(connection, job_id=job_id)
        chunks = list(query.chunk_results(connection, job_id=job_id))
    if not _is_open(job):
        with call.commit():
            return
    film: Stitched | None = None
    try:
        renditions = [found for chunk in chunks for found in chunk["result"]["renditions"]]
        if "film" in job["spec"]:
            film = _stitched(job["spec"], chunks)
            renditions += [
                _put_stream(call, job, film),
                *(_put_file(call, job, film, file) for file in FILES),
            ]
    except Permanent as fault:
        with call.commit() as work:
            _fail(work, job, fault)
            return
    with call.commit() as work:
        _finish(work, call, job, renditions)
    if film is not None:
        _sweep(call, job, film)


def _is_open(job: Row | None) -> bool:
    return job is not None and job["state"] in OPEN and not job["cancel_requested"]


def _stitched(spec: Row, chunks: list[Row]) -> Stitched:
    pictures = [chunk["result"] for chunk in chunks if chunk["spec"]["do"] == "pictures"]
    tracks = [track for chunk in chunks for track in chunk["result"].get("tracks", ())]
    return stitch(parse_film(spec["film"]), parse_ladder(spec["ladder"]), pictures, tracks)


def _key(job: Row, profile: str, name: str) -> str:
    return keys.proxy(str(job["asset_id"]), job["spec"]["sha256"], profile, name)


def _put_stream(call: Call, job: Row, film: Stitched) -> Row:
    """The small files of `hls`; the playlists may be written again, when captions come."""
    texts = build_texts(film)
    for name, data in texts.items():
        mime_type = MIME_TYPES[name.rsplit(".", 1)[1]]
        call.objects.put_bytes(
            call.objects.proxies, _key(job, HLS, name), data, mime_type, immutable=mime_type == FILM
        )
    ladder = [
        {
            "name": rung.name, "width": rung.width, "height": rung.height, "codecs": ",".join(variant.codecs),
            "average_bps": variant.average_bandwidth, "peak_bps": variant.bandwidth,
        }
        for (rung, _), variant in zip(film.rungs, build_variants(film), strict=True)
    ]  # fmt: skip
    detail = {
        "dash": _key(job, HLS, MPD),
        "ladder": ladder,
        "audio": [{"language": track.language, "channels": track.channels} for track in film.soundtracks],
        "duration_s": round(film.film.timeline.duration_s, 3),
        "frames": film.frames,
        "fps": float(film.film.timeline.fps),
        "warnings": film.warnings,
    }
    size = sum(stream.size_bytes for stream in film.streams) + sum(map(len, texts.values()))
    return _rendition(job, HLS, MASTER, PLAYLIST, size, detail)


def _put_file(call: Call, job: Row, film: Stitched, file: Mp4) -> Row:
    """One MP4: the packets of a rung and of the first soundtrack."""
    rung, picture = next((rung, stream) for rung, stream in film.rungs if file.rung in rung.steps)
    streams: list[Stream] = [picture, *(track.stream for track in film.soundtracks[:1])]

    def opened(name: str, block: int) -> RangeReader:
        return call.objects.reader(call.objects.proxies, _key(job, HLS, name), block=block)

    layout = joined.plan(streams, opened)
    name = f"{file.profile}.mp4"
    source = joined.Joined(joined.payloads(streams, layout, opened))
    call.objects.put_stream(call.objects.proxies, _key(job, file.profile, name), cast(Any, source), FILM)
    detail = {
        "width": rung.width,
        "height": rung.height,
        "video_kbps": rung.video_kbps,
        "codecs": ",".join(codec_string(stream.format) for stream in streams),
        "duration_s": round(film.film.timeline.duration_s, 3),
        "frames": film.frames,
        "fps": float(film.film.timeline.fps),
        "warnings": film.warnings,
    }
    return _rendition(job, file.profile, name, FILM, layout.size_bytes, detail)


def _sweep(call: Call, job: Row, film: Stitched) -> None:
    """Delete the pieces that no playlist names: of attempts that were not first."""
    folder = _key(job, HLS, "")
    named = {piece.name for stream in film.streams for piece in stream.pieces}
    for key in call.objects.keys(call.objects.proxies, folder, limit=MAX_KEYS):
        if key.endswith(".m4s") and key.removeprefix(folder) not in named:
            call.objects.delete(call.objects.proxies, key)


def _rendition(job: Row, profile: str, name: str, mime_type: str, size_bytes: int, detail: Row) -> Row:
    return {
        "profile": profile,
        "key": _key(job, profile, name),
        "mime_type": mime_type,
        "size_bytes": size_bytes,
        "detail": detail,
    }


def _finish(work: Work, call: Call, job: Row, renditions: list[Row]) -> None:
    locked = query.lock_job(work.connection, job_id=job["id"])
    if not _is_open(locked):
        return
    asset_id, project_id = str(job["asset_id"]), job["spec"]["project_id"]
    asset = query.lock_asset(work.connection, asset_id=asset_id)
    if asset["status"] == Status.DELETED:
        _end(work, job, "cancelled", "deleted", "the asset was deleted")
        return
    for found in renditions:
        query.put_rendition(
            work.connection, asset_id=asset_id, profile=found["profile"], status="ready", bucket=call.objects.proxies,
            key=found["key"], mime_type=found["mime_type"], size_bytes=found["size_bytes"], detail=as_json(found["detail"]),
        )  # fmt: skip
        data = {"asset_id": asset_id, "project_id": project_id, "profile": found["profile"]}
        work.say("acervo.rendition.ready.v1", asset_id, data, what=found["profile"])
    _end(work, job, "done", None, None)


def _fail(work: Work, job: Row, fault: Permanent) -> None:
    if not _is_open(query.lock_job(work.connection, job_id=job["id"])):
        return
    asset = query.lock_asset(work.connection, asset_id=job["asset_id"])
    planning.say_failed(work, asset, fault.code, fault.reason)
    _end(work, job, "failed", fault.code, fault.reason)


def _end(work: Work, job: Row, state: str, code: str | None, reason: str | None) -> None:
    query.set_job_state(work.connection, job_id=job["id"], state=state, reason_code=code, reason=reason)
    query.drop_chunks(work.connection, job_id=job["id"])
    steps.settle(work, str(job["asset_id"]))
