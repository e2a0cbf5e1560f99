"""An object that is too large to be hashed in one call is hashed in several: each goes on where the one before it had to stop.

Who hashes holds the asset's row in `hash_progress` and says how far it is every 20 seconds; killed, it lets go after a minute and a half and
loses what it hashed since. At the end of its time a call puts away what it has and says the object's event once more, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from acervo import sha256
from acervo.database import Connection, as_json, query
from acervo.digest import Reached
from acervo.errors import Transient
from acervo.events import Event
from acervo.function import Call
from acervo.objects import Stored

HOLDS_S = 90.0


class Elsewhere(Exception):
    """Another event of this object is being worked at, and goes on by itself."""


@dataclass(frozen=True)
class Hold:
    """This delivery's; what was reached and found before it."""

    call: Call
    asset_id: str
    holder: str
    since: Reached | None
    probed: dict[str, Any] | None

    def keep_probed(self, probed: dict[str, Any]) -> None:
        with self.call.database.transaction() as connection:
            query.keep_probed(
                connection,
                asset_id=self.asset_id,
                holder=self.holder,
                probed=as_json(probed),
                holds_s=HOLDS_S,
            )

    def remember(self, reached: Reached) -> None:
        """Raises Transient: another delivery has taken over."""
        with self.call.database.transaction() as connection:
            _keep(connection, self.asset_id, self.holder, reached, HOLDS_S)


def take(call: Call, asset_id: str, stored: Stored, probing_s: float) -> Hold | None:
    """None where nothing can be put away: hashing starts at the beginning each time.

    Args:
        probing_s: how long the holder may be silent at first.

    Raises:
        Elsewhere: see there.
        Transient: another delivery of this very event is at it, or was until it was killed.
    """
    if call.event is None or not sha256.resumable():
        return None
    holder = _holder(call.event)
    with call.database.transaction() as connection:
        row = query.hold_hash(
            connection, asset_id=asset_id, etag=stored.etag, size_bytes=stored.size, holder=holder, holds_s=probing_s + HOLDS_S
        )  # fmt: skip
        if row is None and query.hash_holder(connection, asset_id=asset_id) != holder:
            raise Elsewhere
    if row is None:
        raise Transient("ingest-busy", "another delivery hashes this object", retry_after_s=30)
    since = Reached(row["offset_bytes"], bytes(row["state"])) if row["state"] else None
    return Hold(call, asset_id, holder, since, row["probed"])


def go_on_later(call: Call, event: Event, asset_id: str, reached: Reached) -> None:
    """Let go, and say the event again, of which somebody hears when this is on disk."""
    with call.commit() as work:
        _keep(work.connection, asset_id, _holder(event), reached, 0)
        work.say(event.type, event.subject or asset_id, event.data, what=f"from {reached.offset}")


def _keep(connection: Connection, asset_id: str, holder: str, reached: Reached, holds_s: float) -> None:
    kept = query.keep_hash(
        connection, asset_id=asset_id, holder=holder, offset_bytes=reached.offset, state=reached.state, holds_s=holds_s
    )  # fmt: skip
    if not kept:
        raise Transient("ingest-taken-over", "another delivery hashes this object by now", retry_after_s=30)


def _holder(event: Event) -> str:
    return f"{event.source} {event.id}"
