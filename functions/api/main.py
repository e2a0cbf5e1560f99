"""The front door: what people, pages and machines ask of Acervo under `/api/v1`.

Hears nothing. Says `acervo.asset.changed.v1`, `acervo.asset.deleted.v1`, and `acervo.asset.ingested.v1` when the failed steps of an
asset are to run again; each in the transaction of its change. Twice is safe: uploads by their state and by Idempotency-Key, edits by
If-Match, the rest by what is there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from acervo import function, problems, settings
from acervo.function import FrameSettings
from acervo.identity import IdentitySettings
from functions.api import (
    assets,
    dead_letters,
    downloads,
    jobs,
    listing,
    openapi,
    progress,
    projects,
    streaming,
    uploads,
)
from functions.api.endpoint import Ask, Endpoint, Table, routes
from functions.api.request_ids import RequestIds

about = Table("about")


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)
    identity: IdentitySettings = settings.nested(IdentitySettings)
    stream_secret: str = settings.variable("STREAM_SECRET")


@about.get("/openapi.json", answers={200: "application/json"}, who=None)
def openapi_document(ask: Ask) -> Response:
    """This document."""
    return JSONResponse(_document(), headers={"cache-control": "public, max-age=300"})


@about.get("/", answers={200: "text/html"}, who=None)
def openapi_page(ask: Ask) -> Response:
    """The same for people."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(openapi.page(_document()), headers={"content-security-policy": policy})


TABLES = (uploads, listing, assets, downloads, streaming, jobs, progress, projects, dead_letters)
# uploads come first: `/assets/upload/…` must not be taken for an asset's id
endpoints: list[Endpoint] = [*chain.from_iterable(noun.table.endpoints for noun in TABLES), *about.endpoints]


@cache
def _document() -> dict[str, object]:
    return openapi.build(endpoints)


def build(env: Mapping[str, str] | None = None) -> Starlette:
    """The ASGI app."""
    return function.serve(
        None,
        name="api",
        settings=Settings,
        routes=routes(endpoints),
        exception_handlers=problems.handlers,
        middleware=[Middleware(RequestIds), Middleware(GZipMiddleware, minimum_size=1024)],
        env=env,
    )


app = build()
main = function.target(app)
