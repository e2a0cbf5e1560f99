"""The front door: what people, pages and machines ask of Acervo under `/api/v1`.

Hears nothing. Says `acervo.asset.changed.v1`, `acervo.asset.deleted.v1`, `acervo.publication.continued.v1`; `acervo.asset.ingested.v1` and
`com.amazonaws.ObjectCreated:Put` when an asset is to run again; and what CMSs say at `/events`; each in the transaction of its change. Twice is safe: uploads by their state and by Idempotency-Key, edits by
If-Match, the rest by what is there already.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from acervo import function, identity, problems, readiness, settings
from acervo.function import FrameSettings
from acervo.identity import IdentitySettings
from functions.api import (
    assets,
    auditing,
    channels,
    collections,
    dead_letters,
    downloads,
    editing,
    event_sources,
    events_in,
    jobs,
    lifecycle,
    links,
    listing,
    moving,
    ondemand,
    openapi,
    outlets,
    progress,
    projects,
    publications,
    related,
    rules,
    s3_credentials,
    seen,
    streaming,
    tags,
    transcript,
    uploads,
    views,
    webhooks,
)
from functions.api.cors import Cors
from functions.api.endpoint import Ask, Endpoint, Table, routes
from functions.api.gateway_users import AdminSettings
from functions.api.limits import LimitSettings
from functions.api.request_ids import RequestIds

about = Table("about")


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)
    identity: IdentitySettings = settings.nested(IdentitySettings)
    limits: LimitSettings = settings.nested(LimitSettings)
    s3_admin: AdminSettings = settings.nested(AdminSettings)
    stream_secret: str = settings.variable("STREAM_SECRET")
    metadata_schema: str = settings.variable("METADATA_SCHEMA", "")
    cors_origins: tuple[str, ...] = settings.variable("CORS_ORIGINS", ())


@about.get("/openapi.json", answers={200: "application/json"}, who=None)
def openapi_document(ask: Ask) -> Response:
    """This document."""
    return JSONResponse(_document(), headers={"cache-control": "public, max-age=300"})


@about.get("/", answers={200: "text/html"}, who=None)
def openapi_page(ask: Ask) -> Response:
    """The same for people."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(openapi.page(_document()), headers={"content-security-policy": policy})


TABLES = (
    uploads, editing, moving, listing, assets, transcript, tags, seen, related, lifecycle, links, downloads, ondemand, streaming, views, publications, outlets, collections, jobs, progress, projects, s3_credentials,
    channels, rules, events_in, event_sources, webhooks, dead_letters, auditing,
)  # fmt: skip
endpoints: list[Endpoint] = [*chain.from_iterable(noun.table.endpoints for noun in TABLES), *about.endpoints]


@cache
def _document() -> dict[str, object]:
    return openapi.build(endpoints)


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    """Read before the settings are: middleware is made with the app."""
    return tuple(part.strip() for part in env.get("CORS_ORIGINS", "").split(",") if part.strip())


def build(env: Mapping[str, str] | None = None) -> Starlette:
    """The ASGI app."""
    return function.serve(
        None,
        name="api",
        settings=Settings,
        routes=routes(endpoints),
        exception_handlers=problems.handlers,
        needs={"database": readiness.database, "objects": readiness.objects, "identity": identity.can_verify},
        middleware=[
            Middleware(RequestIds),
            Middleware(Cors, origins=_origins(os.environ if env is None else env)),
            Middleware(GZipMiddleware, minimum_size=1024),
        ],
        env=env,
    )


app = build()
main = function.target(app)
