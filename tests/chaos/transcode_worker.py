"""One instance of transcode that takes events from the outbox until it is killed; it is told of nothing, and tells nothing."""

from __future__ import annotations

import os
import random
import sys

import psycopg
from starlette.testclient import TestClient

from acervo import events, function, leases
from functions.transcode import main
from functions.transcode.limits import Settings

PAUSE_S = 0.1
WAITING = """select event from outbox o where event ->> 'subject' = %s and event ->> 'type' = any(%s)
   and not exists (select from delivered d where d.id = event ->> 'id') order by position"""


def work(asset_id: str, seed: int) -> None:
    """Deliver one waiting event after another, in any order; what was answered 202 is not delivered again."""
    leases.LEASE_S = 2  # the dead are missed after two seconds instead of thirty
    chance = random.Random(seed)  # an order, no secret
    env = dict(os.environ)
    app = function.serve(main.handle, name="transcode", hears=main.DOES, settings=Settings, env=env)
    with (
        psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection,
        TestClient(app, raise_server_exceptions=False) as client,
    ):
        while True:
            waiting = connection.execute(WAITING, (asset_id, list(main.DOES))).fetchall()
            for (row,) in chance.sample(waiting, len(waiting)):
                event = events.parse_structured(row)
                headers, body = events.to_binary(event)
                if client.post("/", headers=headers, content=body).status_code == 202:
                    connection.execute(
                        "insert into delivered values (%s) on conflict do nothing", (event.id,)
                    )
            connection.execute("select pg_sleep(%s)", (PAUSE_S,))


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
