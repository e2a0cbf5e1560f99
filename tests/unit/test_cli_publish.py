"""The command line's side of publishing that needs no platform: options, credentials, following over a bad network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
import typer

from cli import credentials, publish
from cli.client import Api

SFTP = {
    "type": "sftp", "credentials": [{"name": "username"}, {"name": "password"}, {"name": "private_key"}],
    "credential_sets": [["username", "private_key"], ["username", "password"]],
}  # fmt: skip
ROW = {
    "id": "p",
    "channel_id": "tv",
    "state": "requested",
    "reason_code": None,
    "sent_bytes": 0,
    "total_bytes": 10,
}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"username": "a"}, "wants username and private_key or username and password"),
        ({"username": "a", "password": ""}, "wants"),
        ({"username": "a", "passwort": "hush"}, "knows no passwort"),
        ({"username": "a", "password": 5}, "every credential is text"),
    ],
)
def test_credentials_that_are_not_whole_are_refused_without_being_shown(
    values: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(typer.BadParameter, match=complaint) as refused:
        credentials.check(SFTP, values)
    assert "hush" not in str(refused.value)


def test_credentials_that_are_whole_pass_and_a_vault_that_is_away_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    credentials.check(SFTP, {"username": "a", "password": "hush"})
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    with pytest.raises(typer.BadParameter, match="VAULT_ADDR"):
        credentials.put("sftp", "tv", {"password": "hush"})
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_TOKEN", "t")
    with pytest.raises(typer.BadParameter, match="does not answer"):
        credentials.put("sftp", "tv", {"password": "hush"})


def test_an_option_is_a_name_and_a_text() -> None:
    assert publish._pair("privacy=a=b") == ("privacy", "a=b")
    with pytest.raises(typer.BadParameter):
        publish._pair("privacy")


class Breaking:
    """An API whose first stream breaks, whose second ends by itself, and whose third knows the end."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def told(self, _path: str, known: str, _until: float) -> Iterator[tuple[str, dict[str, Any], str]]:
        self.known.append(known)
        yield "progress", {**ROW, "state": "sending", "sent_bytes": len(self.known)}, f"e{len(self.known)}"
        if len(self.known) == 1:
            raise httpx.ReadError("cut")
        if len(self.known) == 3:
            yield "end", {**ROW, "state": "published"}, "e4"


def test_following_goes_on_over_a_broken_stream_and_says_what_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publish, "AGAIN_S", 0.0)
    api, shown = Breaking(), []
    ended = publish._follow(
        cast(Api, api), dict(ROW), time.monotonic() + 60, lambda now: shown.append(now["state"])
    )
    assert (ended["state"], api.known) == ("published", ["", "e1", "e2"])
    assert shown == ["sending", "sending", "sending", "published"]


def test_following_ends_with_its_time() -> None:
    row = dict(ROW)
    assert publish._follow(cast(Api, Breaking()), row, time.monotonic() - 1, lambda _now: None) is row
