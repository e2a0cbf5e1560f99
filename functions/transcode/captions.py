"""Captions come into the stream when there are some: playlists are written again, fragments are not touched.

Called with the asset's row locked, by whoever comes second: the transcript (this file's handler) or the film (assemble). So none of
them can miss the other. Twice is safe: the same captions give the same files.
"""

from __future__ import annotations

import hashlib
from typing import Any

from acervo.database import as_json, query
from acervo.errors import AlreadyDone
from acervo.events import Event
from acervo.function import Call, Work
from acervo.objects import NotFound
from functions.transcode import languages, mpd, playlist
from functions.transcode.playlist import Captions
from functions.transcode.profiles import HLS
from functions.transcode.stitched import MASTER, MPD

CAPTIONS, STEPS = "captions", ("speech", "captions")  # the second: a person corrected a line
PLAYLIST, MANIFEST, WEBVTT = (
    "application/vnd.apple.mpegurl",
    "application/dash+xml",
    "text/vtt; charset=utf-8",
)
MAX_BYTES = 16 << 20
TICKS_A_SECOND = 90_000  # of X-TIMESTAMP-MAP


def renew(event: Event, call: Call) -> None:
    """The playlists of `acervo.enrichment.completed.v1`'s asset, with its captions.

    Raises:
        Transient: the store or the database is away.
    """
    if call.was_done():
        raise AlreadyDone
    with call.commit() as work:
        if event.data["step"] not in STEPS:
            return
        asset = query.lock_asset(work.connection, asset_id=event.data["asset_id"])
        if asset is not None and asset["kind"] == "video":
            attach(call, work, str(asset["id"]))


def attach(call: Call, work: Work, asset_id: str) -> None:
    """Put the captions that there are into the stream that there is; nothing when one is missing, or they are in it."""
    stream = query.rendition_of(work.connection, asset_id=asset_id, profile=HLS)
    found = query.rendition_of(work.connection, asset_id=asset_id, profile=CAPTIONS)
    if stream is None or stream["status"] != "ready":
        return
    if found is None and not stream["detail"].get("captions"):
        return
    objects, folder = call.objects, stream["key"].rsplit("/", 1)[0]
    try:
        master = objects.get_bytes(stream["bucket"], stream["key"], MAX_BYTES).decode()
        manifest = objects.get_bytes(stream["bucket"], f"{folder}/{MPD}", MAX_BYTES).decode()
        text = objects.get_bytes(found["bucket"], found["key"], MAX_BYTES) if found else b""
    except NotFound:  # expired: made again with its captions when somebody asks for it
        return
    digest = hashlib.sha256(text).hexdigest()
    if found and stream["detail"].get("captions", {}).get("sha256") == digest:
        return
    said: dict[str, Any] = {}
    hls: list[Captions] = []
    dash: list[Captions] = []
    files: dict[str, tuple[bytes, str]] = {}
    if found:
        tag = languages.tag(found["detail"].get("language") or "")
        name = languages.name(tag) or "captions"
        stem = f"{CAPTIONS}/{tag or 'und'}"
        hls.append(Captions(f"{CAPTIONS}-{tag or 'und'}.m3u8", name, tag))
        dash.append(Captions(f"{stem}.vtt", name, tag))
        files = {
            f"{stem}.vtt": (text, WEBVTT),
            f"{stem}-hls.vtt": (with_clock(text, stream["detail"].get("delay_s", 0.0)), WEBVTT),
            hls[0].uri: (
                playlist.build_captions(f"{stem}-hls.vtt", stream["detail"]["duration_s"]).encode(),
                PLAYLIST,
            ),
        }
        said = {"sha256": digest, "language": tag, "webvtt": f"{folder}/{stem}.vtt"}
    files[MPD] = (mpd.with_captions(manifest, dash).encode(), MANIFEST)
    files[MASTER] = (playlist.with_captions(master, hls).encode(), PLAYLIST)  # last: it names the others
    for file, (data, mime_type) in files.items():
        objects.put_bytes(stream["bucket"], f"{folder}/{file}", data, mime_type, immutable=False)
    query.note_captions(work.connection, asset_id=asset_id, profile=HLS, captions=as_json(said))


def with_clock(webvtt: bytes, delay_s: float) -> bytes:
    """WebVTT for HLS: its zero is when the first frame is shown, which is `delay_s` on the fragments' clock."""
    head, _, rest = webvtt.partition(b"\n")
    ticks = round(delay_s * TICKS_A_SECOND)
    return head + f"\nX-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:00:00:00.000\n".encode() + rest
