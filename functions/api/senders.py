"""Who sends an event to us: the caller of a token, or a source that signs with a key of its own (acervo/signatures.py).

A source is known before its body is read; the signature, which covers the body, is checked after it (`check`). When a source was made
is part of its key, so that the key of a deleted one opens nothing when another gets its id.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from starlette.requests import Request

from acervo import signatures
from acervo.database import Row, query
from acervo.identity import Caller, authenticate, unauthorized
from acervo.signatures import BadSignature, Signature

KEY_NAME = "event-source"
NOT_SIGNED = Signature("", 0, "")


@dataclass(frozen=True)
class Source(Caller):
    """A source that says it signed; `check` tells whether it did."""

    row: Row = field(default_factory=dict)
    signature: Signature = NOT_SIGNED

    @property
    def user(self) -> str:
        return f"source:{self.subject}"


def key_of(secret: str, row: Row, number: int) -> str:
    made = row["created_at"].isoformat()
    return signatures.derive_key(secret, f"{KEY_NAME}:{row['id']}:{made}", number)


def sender(request: Request) -> Caller:
    """Raises Problem (401)."""
    header = request.headers.get(signatures.HEADER)
    if header is None:
        return authenticate(request)
    try:
        signature = signatures.parse(header)
    except BadSignature as fault:
        raise unauthorized(str(fault), "bad-signature") from fault
    with request.app.state.resources.database.transaction() as connection:
        row = query.get_event_source(connection, source_id=signature.key_id)
    if row is None or not row["enabled"]:
        raise unauthorized("the signature is wrong", "bad-signature")
    return Source(
        row["id"], row["name"], frozenset(row["roles"]), frozenset(row["groups"]), row["id"], row, signature
    )


def check(request: Request, source: Source, body: bytes) -> None:
    """Raises Problem (401) when the source did not sign this body."""
    secret, row = request.app.state.resources.settings.stream_secret, source.row
    numbers = [row["key_number"], *([row["key_number"] - 1] if row["old_key_works"] else [])]
    keys = [key_of(secret, row, number) for number in numbers]
    try:
        signatures.check(source.signature, keys, dict(request.headers), body, time.time())
    except BadSignature as fault:
        raise unauthorized(str(fault), "bad-signature") from fault
