"""The peer of a cold start: the least that functions-framework can serve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse


async def main(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")
