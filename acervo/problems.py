"""Answers to HTTP callers that say what was wrong: `application/problem+json` (RFC 9457).

    raise Problem(422, "too-large", "a file has at most 5 TiB", field="size_bytes")
    app = function.serve(…, exception_handlers=problems.handlers)

`type` is `urn:acervo:problem:{code}`, `title` is the code, `detail` is for people, `field` (or `errors`, a list of
{field, detail}, most with a `code` and the `limit` that it is about) names what the caller has to change. The text of any other exception never leaves the process.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from acervo.errors import AcervoError, Transient

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 100
_LIMITS = ("max_length", "min_length", "le", "ge", "lt", "gt")


class Problem(AcervoError):
    """An answer to an HTTP caller; `extra` members are put beside the standard ones."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        field: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code, detail)
        self.status = status
        self.field = field
        self.headers = dict(headers or {})
        self.extra = extra


def invalid(faults: list[dict[str, str]]) -> Problem:
    """422 with every fault [{field, detail}, with or without a code]; the first one is the `field` of the problem itself."""
    first = faults[0] if faults else {"field": "", "detail": "the request is not valid"}
    detail = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    return Problem(422, "invalid-request", detail, field=first["field"] or None, errors=faults[:MAX_FAULTS])


def response(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    body = {
        "type": f"urn:acervo:problem:{problem.code}",
        "title": problem.code,
        "status": problem.status,
        "detail": problem.reason,
        **({"field": problem.field} if problem.field else {}),
        **problem.extra,
    }
    return JSONResponse(
        body, problem.status, {"cache-control": "no-store", **problem.headers}, media_type=MEDIA_TYPE
    )


async def _known(request: Request, fault: Exception) -> Response:
    if isinstance(fault, Problem):
        return response(fault)
    if isinstance(fault, Transient):
        log.warning("%s %s: %s", request.method, request.url.path, fault)
        headers = {"retry-after": str(fault.retry_after_s)}
        return response(Problem(503, fault.code, fault.reason, headers=headers))
    if isinstance(fault, AcervoError):
        log.warning("%s %s: %s", request.method, request.url.path, fault)
        status = fault.status if 400 <= fault.status < 600 else 422
        return response(Problem(status, fault.code, fault.reason))
    return await _unknown(request, fault)


async def _http(request: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    headers = (fault.headers if isinstance(fault, HTTPException) else None) or {}
    phrase = HTTPStatus(status).phrase
    detail = {404: "there is nothing at this address", 405: "this address does not take this method"}
    return response(
        Problem(
            status, phrase.lower().replace(" ", "-"), detail.get(status, phrase), headers=headers
        )  # Starlette's own texts are not ours to promise
    )


async def _validation(request: Request, fault: Exception) -> Response:
    return response(invalid(faults_of(fault)))


async def _unknown(request: Request, fault: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=fault)
    return response(Problem(500, "internal", "the service failed; its log says why"))


def faults_of(fault: Any) -> list[dict[str, str]]:
    """[{field, detail, code}] of a pydantic ValidationError; the field is a dotted path, the value is never repeated.

    The code is pydantic's own (`string-too-long`); a limit of ours that was passed is there beside it.
    """
    return [_fault_of(error) for error in fault.errors(include_url=False, include_input=False)]


def _fault_of(error: Mapping[str, Any]) -> dict[str, str]:
    context = error.get("ctx", {})
    limit = next((context[name] for name in _LIMITS if name in context), None)
    return {
        "field": ".".join(str(part) for part in error["loc"]),
        "detail": str(error["msg"]),
        "code": str(error["type"]).replace("_", "-"),
        **({} if limit is None else {"limit": str(limit)}),
    }


def _handlers() -> dict[Any, Any]:
    known: dict[Any, Any] = {AcervoError: _known, HTTPException: _http, Exception: _unknown}
    try:
        from pydantic import ValidationError
    except ImportError:  # a function without the extra `api` has no models that could fail
        return known
    return {**known, ValidationError: _validation}


handlers: Mapping[Any, Any] = _handlers()
