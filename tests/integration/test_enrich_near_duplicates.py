"""Near-duplicates among films whose shots repeat: each asset stands once among the neighbours, and hides nobody behind it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from acervo.database import query
from functions.enrich import phash

Connection = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


def film(connection: Connection, *hashes: int) -> str:
    """An asset whose shots look like this, as the step `frames` leaves it."""
    asset_id = str(uuid.uuid4())
    connection.execute("insert into projects (id, name) values ('alike', 'Alike') on conflict do nothing")
    connection.execute(
        "insert into assets (id, project_id, name, kind, status, owner) values (%s, 'alike', 'a.mp4', 'video', 'ready', 'user:a')",
        (asset_id,),
    )
    texts = [f"{value:064b}" for value in hashes]
    query.put_shot(
        connection,
        [
            {"asset_id": asset_id, "number": n, "start_ms": n * 1_000, "end_ms": n * 1_000 + 900, "frame_ms": n * 1_000, "hash": text, "repeats": repeats}
            for n, (text, repeats) in enumerate(zip(texts, phash.repeated(texts), strict=True))
        ],
    )  # fmt: skip
    return asset_id


def changed(value: int, bits: int) -> int:
    return value ^ sum(1 << bit for bit in secrets.SystemRandom().sample(range(64), bits))


def alike(connection: Connection, asset_id: str) -> list[tuple[str, int]]:
    for plan in ("seqscan", "sort", "bitmapscan"):  # as with a million shots
        connection.execute(f"set local enable_{plan} = off".encode())
    query.look_past_own_shots(connection)
    rows = query.near_duplicates(
        connection, asset_id=asset_id, projects=None, most_bits=8, after_bits=None, after_id=None, limit=50
    )
    return [(str(row["asset_id"]), row["bits"]) for row in rows]


def test_hundreds_of_the_same_shot_of_one_film_hide_no_other_film(connection: Connection) -> None:
    studio = secrets.randbits(64)
    mine = film(connection, studio, *[changed(studio, 1) for _ in range(200)])
    loud = film(connection, *[studio] * 300, *[changed(studio, 1) for _ in range(200)])
    quiet = [film(connection, changed(studio, 7)) for _ in range(12)]
    film(connection, changed(studio, 30))
    found = alike(connection, mine)
    assert found[0] == (loud, 0)
    assert {asset_id for asset_id, _ in found} == {loud, *quiet}
    assert {bits for _, bits in found[1:]} == {7}


def test_a_shot_that_comes_late_is_looked_at_when_those_before_it_are_all_the_same(
    connection: Connection,
) -> None:
    studio, pitch = secrets.randbits(64), secrets.randbits(64)
    mine = film(connection, *[studio] * 400, pitch)
    copy = film(connection, changed(pitch, 3))
    assert alike(connection, mine) == [(copy, 3)]
