"""An object that takes longer to hash than a call may last: hashed in several calls, by one at a time, whatever is killed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from acervo import digest, events, sha256
from acervo.events import Event
from functions.ingest import hashing, main
from tests import fix_ingest as media
from tests.fix_ceph import Ceph
from tests.ingest_desk import Desk, Killed, fresh, serve

pytestmark = pytest.mark.ceph
CREATED = "com.amazonaws.ObjectCreated:Put"


@pytest.fixture(scope="module")
def desk(ceph: Ceph, database_url: str) -> Iterator[Desk]:
    """Its calls end after one block."""
    yield from serve(ceph, database_url, INGEST_HASH_FROM_MB="1", INGEST_HASH_S="0")


def film(megabytes: int) -> bytes:
    data = fresh(media.film())
    return data + ((megabytes << 20) + 8).to_bytes(4, "big") + b"free" + bytes(megabytes << 20)


def progress(desk: Desk, asset_id: str) -> dict[str, Any] | None:
    return desk.connection.execute("select * from hash_progress where asset_id = %s", (asset_id,)).fetchone()


def said_again(desk: Desk, key: str) -> list[Event]:
    rows = desk.connection.execute(
        "select event from outbox where event->>'type' = %s and event->'data'->'s3'->'object'->>'key' = %s order by position",
        (CREATED, key),
    ).fetchall()
    return [Event(**{name: row["event"][name] for name in ("id", "source", "type", "subject", "data")}) for row in rows]  # fmt: skip


def deliver(desk: Desk, event: Event) -> int:
    headers, body = events.to_binary(event)
    return int(desk.client.post("/", headers=headers, content=body).status_code)


@contextmanager
def time_enough(desk: Desk) -> Iterator[None]:
    resources = desk.client.app.state.resources  # type: ignore[attr-defined]
    known = resources.settings
    resources.__dict__["settings"] = replace(known, hash_s=600.0)
    try:
        yield
    finally:
        resources.__dict__["settings"] = known


def test_it_is_hashed_over_several_calls_and_looked_into_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = film(40)
    asset_id, key = desk.init("largo.mp4", data)
    probes, probe = [], main._probe

    def noted(*known: Any) -> dict[str, Any]:
        probes.append(known)
        return probe(*known)

    monkeypatch.setattr(main, "_probe", noted)
    assert desk.announce(key) == 202
    offsets, calls = [], 0
    while desk.asset(asset_id)["status"] == "uploading":
        reached = progress(desk, asset_id)
        assert reached is not None
        offsets.append(reached["offset_bytes"])
        again = said_again(desk, key)
        assert (len(again), calls < 20) == (calls + 1, True)
        assert deliver(desk, again[-1]) == 202
        calls += 1
    assert calls > 2
    assert offsets == sorted(set(offsets))
    row = desk.asset(asset_id)
    assert (row["status"], row["sha256"]) == ("processing", hashlib.sha256(data).hexdigest())
    assert (len(probes), progress(desk, asset_id), desk.there(key)) == (1, None, False)
    assert [type_ for type_, _ in desk.said(asset_id) if type_ != CREATED] == ["acervo.asset.ingested.v1"]
    # every event of it once more, in any order: nothing happens
    assert {deliver(desk, event) for event in said_again(desk, key)} == {202}
    assert len(said_again(desk, key)) == calls


def test_a_call_that_is_killed_is_taken_up_from_what_it_had_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = film(40)
    asset_id, key = desk.init("muerto.mp4", data)
    event_id = str(uuid.uuid4())

    with monkeypatch.context() as patch, time_enough(desk):
        patch.setattr(digest, "REMEMBER_S", 0.0)
        remember, told = hashing.Hold.remember, []

        def twice(hold: hashing.Hold, reached: digest.Reached) -> None:
            remember(hold, reached)
            told.append(reached.offset)
            if len(told) == 2:
                raise Killed

        patch.setattr(hashing.Hold, "remember", twice)
        assert desk.announce(key, event_id) == 500
    reached = progress(desk, asset_id)
    assert reached is not None
    assert reached["offset_bytes"] == told[-1] > 0
    # the broker delivers it again: for a minute and a half nobody knows that the holder is dead
    assert desk.announce(key, event_id) == 503
    desk.connection.execute("update hash_progress set held_until = now() where asset_id = %s", (asset_id,))
    begun: list[Any] = []
    hash_it = digest.sha256_of

    def noted(*arguments: Any) -> str:
        begun.append(arguments[3])
        return hash_it(*arguments)

    monkeypatch.setattr(main, "sha256_of", noted)
    with time_enough(desk):
        assert desk.announce(key, event_id) == 202
    assert [since.offset for since in begun] == [told[-1]]
    assert desk.asset(asset_id)["sha256"] == hashlib.sha256(data).hexdigest()


def test_while_one_event_is_worked_at_another_of_the_same_object_is_done_at_once(desk: Desk) -> None:
    asset_id, key = desk.init("dos.mp4", film(20))
    assert desk.announce(key) == 202
    (following,) = said_again(desk, key)
    desk.connection.execute(
        "update hash_progress set holder = %s, held_until = now() + interval '1 hour' where asset_id = %s",
        (f"{following.source} {following.id}", asset_id),
    )
    before = progress(desk, asset_id)
    assert desk.announce(key) == 202  # the sweep's, say
    assert progress(desk, asset_id) == before
    assert len(said_again(desk, key)) == 1
    assert deliver(desk, following) == 503  # it is at work somewhere: come again
    desk.connection.execute("update hash_progress set held_until = now() where asset_id = %s", (asset_id,))
    with time_enough(desk):
        assert deliver(desk, following) == 202
    assert desk.asset(asset_id)["status"] == "processing"


def test_an_object_that_was_overwritten_is_hashed_from_the_beginning(desk: Desk) -> None:
    asset_id, key = desk.init("otro.mp4", film(20))
    assert desk.announce(key) == 202
    other = film(24)
    desk.put(key, other)
    with time_enough(desk):
        assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["status"], row["sha256"]) == ("processing", hashlib.sha256(other).hexdigest())


def test_what_is_no_media_is_rejected_and_leaves_no_row(desk: Desk) -> None:
    asset_id, key = desk.init("nada.mp4", bytes(2 << 20))
    assert desk.announce(key) == 202
    assert (desk.asset(asset_id)["status"], progress(desk, asset_id)) == ("rejected", None)


def test_without_the_library_it_is_one_long_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_library", lambda: None)
    data = film(20)
    asset_id, key = desk.init("viejo.mp4", data)
    assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["status"], row["sha256"]) == ("processing", hashlib.sha256(data).hexdigest())
