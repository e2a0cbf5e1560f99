"""Private HLS and DASH: playlists, manifests and thumbnail tracks come from here, rewritten; fragments come from the object store by presigned URLs.

A player gets `POST /assets/{id}/streams` → a URL with a token of its own. Links between playlists carry the token on; links to fragments are
presigned for as long as the film may be watched, so that nothing in the bucket is ever public.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from acervo import access
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.identity import Caller, authenticate
from acervo.objects import NotFound
from acervo.problems import Problem
from functions.api import audit, manifests, playlists, stream_tokens, tracks
from functions.api.assets import find
from functions.api.endpoint import BASE, Ask, Reply, Table
from functions.api.models.assets import Stream

table = Table("streaming")
PLAYLIST_TYPE, MANIFEST_TYPE, TRACK_TYPE = "application/vnd.apple.mpegurl", "application/dash+xml", "text/vtt"
KINDS = {
    ".m3u8": (playlists, PLAYLIST_TYPE),
    ".mpd": (manifests, MANIFEST_TYPE),
    ".vtt": (tracks, TRACK_TYPE),
}
LEAST_FRAGMENT_S = 900
PROFILE = "hls"


@table.post("/assets/{id}/streams", answers={200: Stream}, problems=(403, 404, 409))
def stream(ask: Ask) -> Reply:
    """A playlist's URL that any player can open for some hours."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.STREAM)
        rendition, name = _main_playlist(connection, row["id"])
        audit.write(connection, ask, "stream", asset_id=str(row["id"]), project_id=row["project_id"])
    secret = ask.resources.settings.stream_secret
    token, expires_at = stream_tokens.issue(secret, str(row["id"]), ask.caller.subject)
    folder = f"{BASE}/assets/{row['id']}/hls"
    url = f"{folder}/{quote(name)}?token={token}"
    dash = rendition["detail"].get("dash")
    dash_url = f"{folder}/{quote(str(dash).rsplit('/', 1)[-1])}?token={token}" if dash else None
    return Reply(
        Stream(url=url, dash_url=dash_url, expires_at=datetime.fromtimestamp(expires_at, UTC)),
        headers={"cache-control": "no-store"},
    )


def viewer(request: Request) -> Caller:
    """Who plays: by the token of the URL, or by an access token in the header."""
    token = request.query_params.get("token")
    if token is None:
        return authenticate(request)
    secret = request.app.state.resources.settings.stream_secret
    seen = stream_tokens.verify(secret, token, request.path_params["id"])
    return Caller(seen.subject, seen.subject, frozenset(), frozenset(), "stream")


@table.get(
    "/assets/{id}/hls/{path:path}",
    answers={200: f"{PLAYLIST_TYPE} {MANIFEST_TYPE} {TRACK_TYPE}"},
    problems=(404, 409, 422),
    who=viewer,
)
def playlist(ask: Ask) -> Response:
    """A playlist of HLS, the manifest of DASH, or the thumbnail track (`thumbnails.vtt`); their fragments are presigned."""
    token = ask.request.query_params.get("token")
    with ask.database.transaction() as connection:
        row = _streamed(ask, connection, by_token=token is not None)
        rendition, main = _main_playlist(connection, row["id"])
    folder = rendition["key"].removesuffix("/" + main)
    path = ask.request.path_params["path"]
    key = playlists.resolve(folder, "", path)
    kind, media_type = KINDS.get(PurePosixPath(path).suffix, (None, ""))
    if kind is None or (kind is tracks and key != rendition["detail"].get("thumbnails")):
        raise Problem(404, "not-a-playlist", "only playlists and the thumbnail track are served here")
    try:
        text = ask.objects.get_bytes(rendition["bucket"], key, playlists.MAX_BYTES).decode()
    except NotFound:
        raise Problem(404, "no-playlist", "there is no such playlist") from None
    lifetime_s = max(LEAST_FRAGMENT_S, int(2 * kind.duration_s(text)) + LEAST_FRAGMENT_S)
    lifetime_s = min(lifetime_s, stream_tokens.TTL_S)
    suffix = f"?token={token}" if token else ""

    @cache
    def link(uri: str) -> str:
        target = playlists.resolve(folder, path, uri)
        if target.endswith(".m3u8"):
            return uri + suffix
        return ask.objects.presign_get(rendition["bucket"], target, expires_s=lifetime_s)

    rewritten = kind.rewrite(text, link)
    return Response(rewritten, media_type=media_type, headers={"cache-control": "private, no-store"})


def _streamed(ask: Ask, connection: Connection, by_token: bool) -> Row:
    """With a token the asset must still be there; without, the caller must be allowed to stream it."""
    if not by_token:
        return find(ask, connection, Action.STREAM)
    row: Row | None = query.api_asset(connection, asset_id=ask.uuid(), principals=[])
    if row is None:
        raise access.missing()
    return row


def _main_playlist(connection: Connection, asset_id: object) -> tuple[Row, str]:
    """The rendition of HLS, and the file name of its main playlist.

    Raises:
        Problem: 409 when there is none (yet).
    """
    rendition: Row | None = query.api_rendition(connection, asset_id=asset_id, profile=PROFILE)
    if rendition is None or rendition["status"] != "ready":
        raise Problem(409, "no-stream", "this asset cannot be streamed (yet)")
    return rendition, str(rendition["key"]).rsplit("/", 1)[-1]
