"""A lease on one publication: two deliveries never talk to a channel about the same thing at the same moment.

Renewed more than twice a second by a thread, which also carries progress out, and in: that it is not wanted any more, that the channel was
switched off, and its share of the channel's bandwidth.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from acervo.database import query
from acervo.errors import Transient
from functions.publish.transfer import Control

if TYPE_CHECKING:
    from acervo.database import Database

log = logging.getLogger(__name__)
LEASE_S, BEAT_S = 30, 0.4  # who follows sees progress within a second


def new_owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


@contextmanager
def kept(
    database: Database, publication_id: str, owner: str, control: Control, wanted: str, *, takes_down: bool
) -> Iterator[None]:
    """Keep a lease alive while the body runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            try:
                with database.transaction() as connection:
                    row = query.renew_publication(
                        connection, publication_id=publication_id, owner=owner, lease_s=LEASE_S, sent_bytes=control.sent_bytes
                    )  # fmt: skip
            except Transient as fault:  # the lease itself says how long the database may be away
                log.warning("lease of publication %s not renewed: %s", publication_id, fault.reason)
                continue
            if row is None:
                control.lost.set()
                return
            if not takes_down and (row["wanted"] != wanted or not row["enabled"]):
                control.stop.set()
            if row["bytes_a_second"]:
                control.bytes_a_second = row["bytes_a_second"] / max(1, row["running"])

    thread = threading.Thread(target=beat, name=f"publication-{publication_id[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=10)
