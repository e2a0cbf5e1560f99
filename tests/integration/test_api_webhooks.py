"""Webhooks from the API to a real server and back: agreed, signed, once, retried, given up, switched off."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from acervo import function, signatures
from functions.webhook import deliveries
from functions.webhook.main import TICK, TOLD, Settings, handle
from tests.fix_api import Api


@dataclass
class Hook:
    """A receiver. `answers`: statuses of the next POSTs, then 204; `agrees`: what it answers to the handshake."""

    agrees: dict[str, str] = field(default_factory=lambda: {"webhook-allowed-origin": "acervo"})
    answers: list[int] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            made.asked.append({name.lower(): value for name, value in self.headers.items()})
            self._answer(200, made.agrees)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self._answer(made.answers.pop(0) if made.answers else 204, {"location": "http://127.0.0.1:1/"})

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://localhost:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@dataclass
class Function:
    """The webhook function over HTTP, as the broker calls it."""

    client: TestClient

    def hear(self, type_: str, asset_id: str, event_id: str | None = None, **more: str) -> None:
        data: dict[str, Any] = (
            {"every": "minute"} if type_ == TICK else {"asset_id": asset_id, "project_id": "noticias", **more}
        )
        if type_ == "acervo.asset.ready.v1":
            data["kind"] = "video"
        headers = {
            "ce-specversion": "1.0",
            "ce-id": event_id or str(uuid4()),
            "ce-source": "/acervo/x",
            "ce-type": type_,
        }
        answer = self.client.post("/", json=data, headers=headers)
        assert answer.status_code == 202, answer.text

    def tick(self) -> None:
        self.hear(TICK, "")


@pytest.fixture
def webhook(api: Api) -> Iterator[Function]:
    env = {"DATABASE_URL": api.database_url, "STREAM_SECRET": api.app.state.resources.settings.stream_secret,
           "WEBHOOK_ALLOW": "127.0.0.0/8,::1/128", "WEBHOOK_PLAIN": "true"}  # fmt: skip
    app = function.serve(handle, name="webhook", settings=Settings, hears={*TOLD, TICK}, env=env)
    with TestClient(app) as client:
        yield Function(client)
    app.state.resources.close()


def make(api: Api, hook: Hook, **more: Any) -> dict[str, Any]:
    body = {"name": "CMS", "url": hook.url, "project_id": "noticias", "types": ["acervo.asset.*"], **more}
    answer = api.client("admin").post("/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def asset(api: Api) -> str:
    asset_id = str(uuid4())
    api.sql(
        "insert into assets (id, project_id, name, owner, status) values (%s, 'noticias', 'a', 'x', 'ready')",
        asset_id,
    )
    return asset_id


@pytest.fixture(autouse=True)
def _clean(api: Api) -> None:
    api.sql("delete from webhooks")


def due(api: Api) -> None:
    api.sql("update webhook_deliveries set due_at = clock_timestamp() where state = 'waiting'")


def test_an_address_agrees_and_hears_each_event_once_signed(api: Api, hook: Hook, webhook: Function) -> None:
    made = make(api, hook)
    webhook.hear("acervo.asset.ready.v1", asset(api))
    assert hook.got == []  # it has not agreed yet
    webhook.tick()
    assert hook.asked[0]["webhook-request-origin"] == "acervo"
    shown = api.client("admin").get(f"/webhooks/{made['id']}").json()
    assert (shown["state"], shown["key"]) == ("active", None)
    asset_id, event_id = asset(api), str(uuid4())
    for _ in range(2):
        webhook.hear("acervo.asset.ready.v1", asset_id, event_id)
    webhook.hear("acervo.asset.deleted.v1", asset_id)
    assert [json.loads(body)["type"] for _, body in hook.got] == [
        "acervo.asset.ready.v1",
        "acervo.asset.deleted.v1",
    ]
    headers, body = hook.got[0]
    assert json.loads(body)["id"] == event_id
    assert headers["content-type"].startswith("application/cloudevents+json")
    signature = signatures.parse(headers["acervo-signature"])
    signatures.check(signature, [made["key"]], headers, body, time.time())
    with pytest.raises(signatures.BadSignature):
        signatures.check(signature, [made["key"]], headers, body + b" ", time.time())
    sent = api.client("admin").get(f"/webhooks/{made['id']}/deliveries").json()["items"]
    assert [(row["state"], row["status"]) for row in sent] == [("done", 204)] * 2


@pytest.mark.parametrize("agrees", [{}, {"webhook-allowed-origin": "somebody.else"}])
def test_an_address_that_does_not_agree_hears_nothing(
    api: Api, hook: Hook, webhook: Function, agrees: dict[str, str]
) -> None:
    hook.agrees = agrees
    made = make(api, hook)
    webhook.tick()
    webhook.hear("acervo.asset.ready.v1", asset(api))
    shown = api.client("admin").get(f"/webhooks/{made['id']}").json()
    assert (shown["state"], hook.got) == ("refused", [])
    assert "allow" in shown["notice"]


def test_what_fails_waits_longer_and_longer_and_is_dead_in_the_end_until_somebody_replays_it(
    api: Api, hook: Hook, webhook: Function
) -> None:
    made = make(api, hook)
    webhook.tick()
    hook.answers = [503] * (deliveries.ATTEMPTS - 1) + [302]
    webhook.hear("acervo.asset.ready.v1", asset(api))
    waits = []
    for _ in range(deliveries.ATTEMPTS - 1):
        (row,) = api.sql(
            "select extract(epoch from due_at - clock_timestamp())::float8 as s from webhook_deliveries"
        )
        waits.append(row["s"])
        webhook.tick()  # not due: nothing is sent
        due(api)
        webhook.tick()
    assert len(hook.got) == deliveries.ATTEMPTS
    assert [round(wait / 5) for wait in waits[:3]] == [1, 3, 9]
    assert len({json.loads(body)["id"] for _, body in hook.got}) == 1
    (dead,) = (
        api.client("admin")
        .get(f"/webhooks/{made['id']}/deliveries", params={"state": "dead"})
        .json()["items"]
    )
    assert (dead["attempts"], dead["status"]) == (deliveries.ATTEMPTS, 302)  # a redirect is not followed
    assert api.client("admin").post(f"/webhooks/{made['id']}/deliveries/replay").json() == {"revived": 1}
    webhook.tick()
    assert len(hook.got) == deliveries.ATTEMPTS + 1
    assert api.sql("select state from webhook_deliveries") == [{"state": "done"}]


def test_an_address_that_fails_for_a_day_is_switched_off_with_a_notice(
    api: Api, hook: Hook, webhook: Function
) -> None:
    made = make(api, hook)
    webhook.tick()
    hook.answers = [500]
    api.sql(
        "update webhooks set failures = %s, failing_since = now() - interval '25 hours'",
        deliveries.DISABLE_AFTER - 1,
    )
    webhook.hear("acervo.asset.ready.v1", asset(api))
    shown = api.client("admin").get(f"/webhooks/{made['id']}").json()
    assert (shown["state"], "500" in shown["notice"]) == ("disabled", True)
    assert api.sql("select who from audit_log where what = 'webhook.disabled'") == [{"who": "webhook"}]
    webhook.hear("acervo.asset.ready.v1", asset(api))
    assert len(hook.got) == 1
    on = (
        api.client("admin").patch(f"/webhooks/{made['id']}", json={"active": True, "rotate_key": True}).json()
    )
    assert (on["state"], on["notice"], on["key"] != made["key"]) == ("pending", None, True)
    webhook.tick()
    assert api.client("admin").get(f"/webhooks/{made['id']}").json()["state"] == "active"


def test_an_address_that_is_gone_is_switched_off_at_once(api: Api, hook: Hook, webhook: Function) -> None:
    make(api, hook)
    webhook.tick()
    hook.answers = [410]
    webhook.hear("acervo.asset.ready.v1", asset(api))
    assert api.sql("select state from webhooks") == [{"state": "disabled"}]


def test_an_address_that_is_down_does_not_hold_up_the_others(api: Api, hook: Hook, webhook: Function) -> None:
    make(api, hook)
    down = make(api, hook, url="http://localhost:9/")
    webhook.tick()
    api.sql("update webhooks set state = 'active' where id = %s", down["id"])
    for _ in range(3):
        webhook.hear("acervo.asset.ready.v1", asset(api))
    assert len(hook.got) == 3
    rows = api.sql(
        "select attempts, reason from webhook_deliveries where webhook_id = %s order by id", down["id"]
    )
    assert all("no connection" in (row["reason"] or "") for row in rows)


def test_an_address_gets_no_more_in_a_minute_than_it_allows(api: Api, hook: Hook, webhook: Function) -> None:
    hook.agrees["webhook-allowed-rate"] = "2"
    make(api, hook)
    webhook.tick()
    for _ in range(4):
        webhook.hear("acervo.asset.ready.v1", asset(api))
    assert len(hook.got) == 2
    api.sql(
        "update webhook_deliveries set tried_at = tried_at - interval '2 minutes' where tried_at is not null"
    )
    due(api)
    webhook.tick()
    assert len(hook.got) == 4


def test_projects_and_types_are_kept_apart_and_the_inside_is_never_called(
    api: Api, hook: Hook, webhook: Function
) -> None:
    other = make(api, hook, project_id="deportes")
    types = make(api, hook, types=["acervo.publication.failed.v1"])
    inside = make(api, hook, url=hook.url.replace("localhost", "10.0.0.1"))
    webhook.tick()
    webhook.hear("acervo.asset.ready.v1", asset(api))
    assert hook.got == []
    states = {row["id"]: row["state"] for row in api.client("admin").get("/webhooks").json()["items"]}
    assert states == {other["id"]: "active", types["id"]: "active", inside["id"]: "refused"}
    assert "private" in api.client("admin").get(f"/webhooks/{inside['id']}").json()["notice"]


def test_an_asset_that_changes_its_project_is_news_in_both(api: Api, hook: Hook, webhook: Function) -> None:
    for project in ("noticias", "deportes", "vacio"):
        make(api, hook, project_id=project)
    webhook.tick()
    webhook.hear("acervo.asset.changed.v1", asset(api), status="ready", moved_from="deportes")
    assert len(hook.got) == 2
