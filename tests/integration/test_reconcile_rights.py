"""Rights that begin and end by themselves: the tick says it once, on a real PostgreSQL."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acervo import rights
from acervo.database import as_json
from acervo.events import Event
from acervo.function import Call, Resources
from functions.reconcile import expiry
from functions.reconcile.main import REPAIRS, Settings

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def resources(database_url: str) -> Iterator[Resources]:
    nowhere = "http://127.0.0.1:1"
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": nowhere, "S3_PUBLIC_ENDPOINT": nowhere, "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b",
    }  # fmt: skip
    opened = Resources(Settings, env)
    with opened.database.transaction() as connection:
        connection.execute("insert into projects (id, name) values ('noticias', 'Noticias')")
    yield opened
    opened.close()


def tick(resources: Resources) -> Call:
    event = Event(
        id=str(uuid.uuid4()), source="/tick", type="dev.knative.sources.ping", data={"every": "minute"}
    )
    return Call(event, "reconcile", resources)


def sql(resources: Resources, text: str, *parameters: Any) -> list[dict[str, Any]]:
    with resources.database.transaction() as connection:
        cursor = connection.execute(text.encode(), parameters)
        return list(cursor.fetchall()) if cursor.description else []


def put(resources: Resources, status: str = "ready", **written: Any) -> str:
    """An asset with these rights, written a moment ago; what is due by now waits for the tick."""
    asset_id = str(uuid.uuid4())
    known = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in written.items()
    }
    sql(
        resources, "insert into assets (id, project_id, name, owner, status, rights) values (%s, 'noticias', 'a', 'user:x', %s, %s)",
        asset_id, status, as_json(known),
    )  # fmt: skip
    return asset_id


def due_at(resources: Resources, asset_id: str) -> datetime | None:
    (row,) = sql(resources, "select rights_due_at from assets where id = %s", asset_id)
    found: datetime | None = row["rights_due_at"]
    return found


def time_passes(resources: Resources, asset_id: str, by: timedelta) -> None:
    """As if the rights had been written so much earlier: their times and the moment that is waited for are moved back."""
    (row,) = sql(resources, "select rights, rights_due_at from assets where id = %s", asset_id)
    moved = {
        name: (datetime.fromisoformat(value) - by).isoformat()
        if name.startswith(("valid_", "embargo_"))
        else value
        for name, value in row["rights"].items()
    }
    sql(resources, "update assets set rights = %s where id = %s", as_json(moved), asset_id)
    sql(resources, "update assets set rights_due_at = %s where id = %s", row["rights_due_at"] - by, asset_id)


def said(resources: Resources, asset_id: str) -> list[dict[str, Any]]:
    rows = sql(
        resources, "select event from outbox where event ->> 'subject' = %s order by position", asset_id
    )
    return [row["event"] for row in rows]


def test_an_embargo_that_ends_is_said_once_with_a_new_version_and_what_changed(resources: Resources) -> None:
    asset_id = put(resources, embargo_until=NOW + DAY)
    assert due_at(resources, asset_id) == NOW + DAY
    expiry.say_changed_rights(tick(resources))
    assert said(resources, asset_id) == []
    time_passes(resources, asset_id, 2 * DAY)
    (before,) = sql(resources, "select version from assets where id = %s", asset_id)
    for _ in range(3):
        expiry.say_changed_rights(tick(resources))
    (event,) = said(resources, asset_id)
    assert (event["type"], event["data"]["status"]) == ("acervo.asset.changed.v1", "ready")
    (after,) = sql(resources, "select version, rights_due_at from assets where id = %s", asset_id)
    assert (after["version"], after["rights_due_at"]) == (before["version"] + 1, None)
    (audit,) = sql(resources, "select who, what, detail from audit_log where asset_id = %s", asset_id)
    assert (audit["who"], audit["what"]) == ("system:rights", "rights.change")
    assert (audit["detail"]["was"], audit["detail"]["is"]) == (["rights-embargo"], [])


def test_every_moment_of_an_asset_is_said_in_its_turn(resources: Resources) -> None:
    asset_id = put(resources, valid_from=NOW + DAY, embargo_until=NOW + 3 * DAY, valid_until=NOW + 5 * DAY)
    for count, left in enumerate((NOW + 3 * DAY, NOW + 5 * DAY, None), start=1):
        time_passes(resources, asset_id, 2 * DAY)
        expiry.say_changed_rights(tick(resources))
        assert len(said(resources, asset_id)) == count
        expected = None if left is None else left - count * 2 * DAY
        assert due_at(resources, asset_id) == expected
    audit = sql(resources, "select detail from audit_log where asset_id = %s order by id", asset_id)
    assert [row["detail"]["is"] for row in audit] == [["rights-embargo"], [], ["rights-expired"]]


def test_the_moment_follows_the_rights_when_they_are_edited(resources: Resources) -> None:
    asset_id = put(resources, valid_until=NOW + DAY)
    sql(
        resources,
        "update assets set rights = %s where id = %s",
        as_json({"valid_until": (NOW + 9 * DAY).isoformat()}),
        asset_id,
    )
    assert due_at(resources, asset_id) == NOW + 9 * DAY
    sql(resources, "update assets set name = 'b' where id = %s", asset_id)
    assert due_at(resources, asset_id) == NOW + 9 * DAY
    sql(resources, "update assets set rights = '{}' where id = %s", asset_id)
    assert due_at(resources, asset_id) is None


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2026-01-01T00:00:00", "2030-13-45T00:00:00Z", "", "infinity", 7, None, ["x"], {"a": 1}],
)
def test_what_is_no_time_is_no_moment_and_does_no_harm(resources: Resources, text: Any) -> None:
    assert due_at(resources, put(resources, valid_until=text)) is None
    moment = due_at(resources, put(resources, valid_until=text, embargo_until=NOW + DAY))
    assert moment == NOW + DAY


@pytest.mark.parametrize(
    "text", ["2031-05-06T07:08:09Z", "2031-05-06T07:08:09.123456+02:00", "2031-05-06T07:08:09-0330"]
)
def test_postgresql_and_the_rights_module_read_the_same_times(resources: Resources, text: str) -> None:
    moment = due_at(resources, put(resources, valid_until=text))
    assert moment == datetime.fromisoformat(text)
    assert moment is not None
    assert rights.flags({"valid_until": text}, moment) == ["rights-expired"]
    assert rights.flags({"valid_until": text}, moment - expiry.BEFORE) == []


def test_a_tick_that_dies_is_as_if_it_had_not_been(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = put(resources, valid_until=NOW + DAY)
    time_passes(resources, asset_id, 2 * DAY)
    with monkeypatch.context() as broken:
        broken.setattr(rights, "flags", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            expiry.say_changed_rights(tick(resources))
    assert said(resources, asset_id) == []
    expiry.say_changed_rights(tick(resources))
    assert len(said(resources, asset_id)) == 1


def test_ticks_at_the_same_time_say_each_moment_once(resources: Resources) -> None:
    assets = [put(resources, valid_until=NOW + DAY) for _ in range(20)]
    for asset_id in assets:
        time_passes(resources, asset_id, 2 * DAY)
    threads = [threading.Thread(target=expiry.say_changed_rights, args=(tick(resources),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expiry.say_changed_rights(tick(resources))
    assert [len(said(resources, asset_id)) for asset_id in assets] == [1] * 20


def test_deleted_assets_are_silent_and_are_not_looked_at_again(resources: Resources) -> None:
    asset_id = put(resources, status="deleted", valid_until=NOW + DAY)
    time_passes(resources, asset_id, 2 * DAY)
    expiry.say_changed_rights(tick(resources))
    assert (said(resources, asset_id), due_at(resources, asset_id)) == ([], None)


def test_the_tick_does_it_and_looks_at_an_index_only(resources: Resources) -> None:
    assert expiry.say_changed_rights in REPAIRS
    with resources.database.transaction() as connection:
        connection.execute("set local enable_seqscan = off")
        plan = connection.execute(
            "explain select id from assets where rights_due_at <= clock_timestamp() order by rights_due_at, id limit 200"
        ).fetchall()
    assert "assets_rights_due" in str(plan)
