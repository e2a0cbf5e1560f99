"""The transactional outbox: a change and the events it causes commit together, and are sent after the commit.

Sending is at least once: the events of a call are posted right after its commit; what the broker did not take within a
short time-out stays unsent and is sent by the sweeper (`reconcile`). Receivers recognise a repeat by (source, id).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from acervo import events
from acervo.database import Connection, Database, as_json, query

log = logging.getLogger(__name__)
SEND_TIMEOUT_S = 5.0


def say(connection: Connection, event: events.Event) -> int:
    """Write an event beside the change that caused it; its position.

    Raises:
        InvalidEvent: it does not fit the catalogue (nothing is written).
    """
    events.validate(event)
    position: int = query.say(connection, event=as_json(events.to_structured(event)))
    return position


class Sender:
    """Posts outbox rows to the broker's ingress, in their order; one HTTP connection is kept."""

    def __init__(self, sink: str, timeout_s: float = SEND_TIMEOUT_S) -> None:
        import httpx

        self._sink = sink
        self._client = httpx.Client(timeout=timeout_s)

    def close(self) -> None:
        self._client.close()

    def flush(self, database: Database, positions: Sequence[int]) -> int:
        """Send these rows; how many the broker took. Never raises for a broker that is away: the rows stay."""
        with database.transaction() as connection:
            return self._send(connection, list(query.take_positions(connection, positions=list(positions))))

    def sweep(self, database: Database, limit: int = 500) -> int:
        """Send up to `limit` of the oldest unsent rows; how many the broker took."""
        with database.transaction() as connection:
            return self._send(connection, list(query.take_unsent(connection, limit=limit)))

    def _send(self, connection: Connection, rows: list[dict[str, object]]) -> int:
        import httpx

        sent: list[object] = []
        for row in rows:
            headers, body = events.to_binary(events.parse_structured(row["event"]))
            try:
                answer = self._client.post(self._sink, content=body, headers=headers)
            except httpx.HTTPError as fault:
                log.warning("broker did not take %s: %s", headers["ce-id"], type(fault).__name__)
                break
            if not answer.is_success:
                log.warning("broker answered %d for %s", answer.status_code, headers["ce-id"])
                break
            sent.append(row["position"])
        if sent:
            query.mark_sent(connection, positions=sent)
        return len(sent)
