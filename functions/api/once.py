"""`Idempotency-Key` for POSTs that make something: the same request again gets the answer of the first one.

The key is claimed before the work and the answer kept after it; a fault gives the key back. Whoever dies in between holds it for a
minute: until then the same request is answered 409.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from acervo import problems
from acervo.database import query
from acervo.identity import Caller
from acervo.problems import Problem

if TYPE_CHECKING:
    from acervo.database import Database

HEADER = {"Idempotency-Key": "Sent again with the same body, the answer is the one that was given first."}
MAX_KEY, STALE_S, KEPT_DAYS = 255, 60, 2


def answer(
    database: Database, request: Request, caller: Caller, raw: bytes, run: Callable[[], Response]
) -> Response:
    """`run()`, or what it answered before.

    Raises:
        Problem: 422 the key was used for another request, 409 it is being done.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return run()
    if not 1 <= len(key) <= MAX_KEY:
        raise problems.invalid([{"field": "Idempotency-Key", "detail": f"has 1 to {MAX_KEY} characters"}])
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + raw).hexdigest()
    mine = {"principal": caller.user, "key": key}
    with database.transaction() as connection:
        claimed = query.claim_answer(connection, **mine, request=asked, stale_s=STALE_S)
        known = None if claimed else query.known_answer(connection, **mine)
    if known is not None:
        if known["request"] != asked:
            raise problems.invalid(
                [{"field": "Idempotency-Key", "detail": "was used before with another request"}]
            )
        if known["status"] is None:
            raise Problem(409, "being-done", "the same request is being done", headers={"retry-after": "1"})
        return Response(known["body"], known["status"], media_type="application/json")
    try:
        made = run()
    except BaseException:
        with database.transaction() as connection:
            query.drop_answer(connection, **mine)
        raise
    with database.transaction() as connection:
        query.keep_answer(connection, **mine, status=made.status_code, body=bytes(made.body).decode())
    return made
