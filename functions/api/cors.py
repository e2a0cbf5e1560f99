"""CORS for pages of other origins (`CORS_ORIGINS`; none by default: our own page has the API's origin). No cookies, so no credentials."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ASKED = ("authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "x-request-id")
SHOWN = ("etag", "x-request-id", "retry-after", "content-disposition", "www-authenticate")
MAX_AGE_S = 600


class Cors:
    """ASGI middleware; without origins it is not there."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        if origins:
            self._app = CORSMiddleware(
                app, allow_origins=origins, allow_methods=METHODS, allow_headers=ASKED, expose_headers=SHOWN, max_age=MAX_AGE_S
            )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
