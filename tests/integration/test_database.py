"""Migrations, outbox and inbox on a real PostgreSQL."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from acervo import events, outbox
from acervo.database import Database, query
from acervo.events import InvalidEvent
from acervo.migrate import migrate


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def test_migrations_can_be_applied_twice_and_by_several_at_once(database_url: str) -> None:
    answers: list[list[str]] = []
    threads = [threading.Thread(target=lambda: answers.append(migrate(database_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == [[]] * 4


def test_the_same_event_is_remembered_once_a_consumer(database: Database) -> None:
    with database.transaction() as connection:
        assert query.remember(connection, consumer="a", source="s", id="1") == 1
        assert query.remember(connection, consumer="a", source="s", id="1") is None
        assert query.remember(connection, consumer="b", source="s", id="1") == 1


def test_an_event_that_does_not_fit_the_catalogue_is_not_said(database: Database) -> None:
    event = events.Event(
        id="1",
        source="/test",
        type="acervo.asset.deleted.v1",
        subject="x",
        data={"asset_id": "not-a-uuid", "project_id": "p1"},
    )
    with pytest.raises(InvalidEvent, match="not-a-uuid"), database.transaction() as connection:
        outbox.say(connection, event)
    with database.transaction() as connection:
        assert query.outbox_depth(connection)["depth"] == 0


def test_an_event_waits_in_the_outbox_while_the_broker_is_away(database: Database) -> None:
    asset = str(uuid.uuid4())
    event = events.Event(
        id="2",
        source="/test",
        type="acervo.asset.deleted.v1",
        subject=asset,
        data={"asset_id": asset, "project_id": "noticias"},
    )
    with database.transaction() as connection:
        position = outbox.say(connection, event)
    assert outbox.Sender("http://127.0.0.1:9/default/default").flush(database, [position]) == 0
    with database.transaction() as connection:
        assert query.outbox_depth(connection)["depth"] == 1


def test_the_audit_log_cannot_be_changed(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "insert into audit_log (who, what, result) values ('user:a', 'download', 'allowed')"
        )
    for statement in ("update audit_log set who = 'x'", "delete from audit_log", "truncate audit_log"):
        with (
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
            database.transaction() as connection,
        ):
            connection.execute(statement)


def test_every_query_is_understood_by_the_server(database: Database) -> None:
    """Placeholders, names of columns and types: each named query is planned, with no value, and nothing is run."""
    faults = []
    for name in sorted(found for found in query.available_queries if not found.endswith("_cursor")):
        sql = getattr(query, name).sql
        parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", sql))
        with database.transaction() as connection:
            try:
                connection.execute(f"explain {sql}", parameters)
            except (
                psycopg.errors.IndeterminateDatatype,
                psycopg.errors.AmbiguousFunction,
                psycopg.errors.AmbiguousParameter,
            ):
                pass  # a null has no type: the functions' own tests give values
            except psycopg.Error as fault:
                faults.append(f"{name}: {fault}")
            connection.rollback()
    assert faults == []
