"""The frame around a handler, on a real PostgreSQL: what the broker is answered, and what is committed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo import function, settings
from acervo.database import Database, query
from acervo.errors import Permanent, Rejected, Transient
from acervo.events import Event, to_binary
from acervo.function import Call, FrameSettings
from acervo.leases import Cancelled

TYPE = "acervo.asset.deleted.v1"


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    with opened.transaction() as connection:
        connection.execute("truncate outbox, inbox")
    yield opened
    opened.close()


@pytest.fixture
def client(database_url: str) -> Iterator[Callable[[Any], TestClient]]:
    made: list[function.Resources] = []

    def make(handle: Any) -> TestClient:
        env = {
            "DATABASE_URL": database_url,
            "S3_ENDPOINT": "http://x",
            "S3_PUBLIC_ENDPOINT": "http://x",
            "S3_ACCESS_KEY": "a",
            "S3_SECRET_KEY": "b",
        }
        app = function.serve(
            handle, name="test", settings=Settings, hears={TYPE}, sinks={"/dead-letters": handle}, env=env
        )
        made.append(app.state.resources)
        return TestClient(app, raise_server_exceptions=False)

    yield make
    for resources in made:
        resources.close()


def event(type_: str = TYPE, **data: Any) -> Event:
    asset = str(uuid.uuid4())
    return Event(
        id=str(uuid.uuid4()),
        source="/test",
        type=type_,
        subject=asset,
        data=data or {"asset_id": asset, "project_id": "noticias"},
    )


def post(client: TestClient, sent: Event, path: str = "/") -> Any:
    headers, body = to_binary(sent)
    return client.post(path, content=body, headers=headers)


def say_deleted(received: Event, call: Call) -> None:
    with call.commit() as work:
        work.say(TYPE, received.subject or "", received.data)


def test_a_handled_event_is_answered_empty_and_says_its_events_once(
    client: Callable[[Any], TestClient], database: Database
) -> None:
    subject = client(say_deleted)
    sent = event()
    for _ in range(3):
        answer = post(subject, sent)
        assert (answer.status_code, answer.content) == (202, b"")
    with database.transaction() as connection:
        rows = list(query.take_unsent(connection, limit=10))
    assert len(rows) == 1
    assert rows[0]["event"]["subject"] == sent.subject


def test_nothing_is_committed_when_the_handler_fails_inside_its_transaction(
    client: Callable[[Any], TestClient], database: Database
) -> None:
    def fails(received: Event, call: Call) -> None:
        with call.commit() as work:
            work.say(TYPE, received.subject or "", received.data)
            raise RuntimeError("a text that must not leave the process")

    sent = event()
    answer = post(client(fails), sent)
    assert answer.status_code == 500
    assert "must not leave" not in answer.text
    with database.transaction() as connection:
        assert list(query.take_unsent(connection, limit=10)) == []
    assert post(client(say_deleted), sent).status_code == 202
    with database.transaction() as connection:
        assert len(list(query.take_unsent(connection, limit=10))) == 1


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (Rejected("not-media", "is not media"), 202, None),
        (Cancelled(), 202, None),
        (Permanent("no-model", "the model is missing"), 422, None),
        (Transient("away", "the store is away", retry_after_s=7), 503, "7"),
    ],
)
def test_errors_are_answered_as_the_broker_understands_them(
    client: Callable[[Any], TestClient], error: Exception, status: int, header: str | None
) -> None:
    def fails(received: Event, call: Call) -> None:
        raise error

    answer = post(client(fails), event())
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == header
    if status == 202:
        assert answer.content == b""
    else:
        assert answer.json()["status"] == status


def test_what_is_not_heard_or_does_not_fit_is_refused_for_good(client: Callable[[Any], TestClient]) -> None:
    subject = client(say_deleted)
    assert post(subject, event("acervo.asset.ready.v1")).status_code == 422
    answer = post(subject, event(asset_id="no-uuid", project_id="noticias"))
    assert answer.status_code == 422
    assert "asset_id" in answer.json()["detail"]
    assert subject.post("/", content=b"hello").status_code == 400
    assert subject.post("/", content=b"x" * (1 << 21)).status_code == 413


def test_a_sink_of_dead_letters_takes_any_type(client: Callable[[Any], TestClient]) -> None:
    seen: list[str] = []
    assert (
        post(
            client(lambda received, _: seen.append(received.type)),
            event("anything.at.all"),
            "/dead-letters",
        ).status_code
        == 202
    )
    assert seen == ["anything.at.all"]


def test_readiness_needs_the_database_and_settings(client: Callable[[Any], TestClient]) -> None:
    assert client(say_deleted).get("/readyz").status_code == 200
    broken = TestClient(function.serve(say_deleted, name="test", settings=Settings, hears={TYPE}, env={}))
    assert broken.get("/healthz").status_code == 200
    answer = broken.get("/readyz")
    assert answer.status_code == 503
    assert "DATABASE_URL is not set" in answer.text
