"""Where an asset is live right now, and off with it: `python -m functions.publish.recall ASSET_ID [--take-down]`.

Without an option every channel that may show the asset is asked, one line each. With `--take-down` everything is withdrawn at once
and the answer of each channel is printed as proof. Exit status 0: nothing is live any more; 1: something is (or may be).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import Any

from acervo.channels.material import Asset
from acervo.database import query
from acervo.errors import Transient
from acervo.function import Call, Resources
from functions.publish import news, worker
from functions.publish.claims import Claim
from functions.publish.doing import Doing
from functions.publish.faults import Fault
from functions.publish.main import Settings
from functions.publish.plan import Poll
from functions.publish.registry import kind_of
from functions.publish.rows import Channel, Publication
from functions.publish.transfer import Control

LONGEST_S, PAUSE_S = 300.0, 2.0


def where(call: Call, asset_id: str) -> list[dict[str, Any]]:
    """Every publication that may be live: what we know, and what its channel says now (`shown`: true, false or a reason)."""
    found: list[dict[str, Any]] = []
    with call.database.transaction() as connection:
        rows = list(query.live_publications(connection, asset_id=asset_id))
    for row in rows:
        known = {
            name: row[name]
            for name in ("channel_id", "channel_type", "profile", "state", "external_id", "url")
        }
        found.append({"publication_id": str(row["id"]), **known, "shown": _shown(call, str(row["id"]))})
    return found


def _shown(call: Call, publication_id: str) -> bool | str:
    with call.database.transaction() as connection:
        row = query.lock_publication(connection, publication_id=publication_id)
        channel = Channel.of(query.get_channel(connection, channel_id=row["channel_id"]))
        asset = Asset.of(query.get_asset(connection, asset_id=row["asset_id"]))
    publication = Publication.of(row)
    if publication.external_id is None:
        return "unknown: a transfer had begun"
    try:
        claim = Claim(
            publication=publication, channel=channel, asset=asset, kind=kind_of(channel.type), step=Poll(None), owner="", attempt_id=0, now=row["now"]
        )  # fmt: skip
        return Doing(call, claim, Control(LONGEST_S)).look() is not None
    except Fault as fault:
        return f"unknown: {fault.reason}"


def take_down(call: Call, asset_id: str) -> list[dict[str, Any]]:
    """Withdraw everywhere and wait for each channel, at most five minutes; state, reason and proof of each publication."""
    with call.change() as work:
        rows = list(
            query.want_withdrawn(work.connection, asset_id=asset_id, publication_id=None, channel_id=None)
        )
        for row in rows:
            news.go_on(work, row)
    waiting, until = [str(row["id"]) for row in rows], time.monotonic() + LONGEST_S
    ended: list[dict[str, Any]] = []
    while waiting:
        for publication_id in list(waiting):
            with contextlib.suppress(Transient):  # it is due again soon; the row says why
                worker.advance(call, publication_id)
            with call.database.transaction() as connection:
                row = query.get_publication(connection, publication_id=publication_id)
            if row["state"] in ("withdrawn", "failed") or time.monotonic() > until:
                names = ("channel_id", "profile", "state", "reason", "advice", "proof")
                ended.append({"publication_id": publication_id, **{name: row[name] for name in names}})
                waiting.remove(publication_id)
        if waiting:
            time.sleep(PAUSE_S)
    return ended


def main(words: list[str]) -> int:
    if not words or words[0].startswith("-") or words[1:] not in ([], ["--take-down"]):
        sys.stderr.write(__doc__ or "")
        return 2
    call = Call(None, "publish", Resources(Settings, os.environ))
    lines = take_down(call, words[0]) if words[1:] else where(call, words[0])
    for line in lines:
        sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    live = [line for line in lines if line.get("state") != "withdrawn"]
    call.database.close()
    return 1 if live else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
