"""Access tokens: of a person (kept in a file, refreshed by whoever needs it first) or of a machine (client credentials)."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from cli.config import Config, read_json, write_private

EARLY_S = 30
TIMEOUT_S = 15.0


class NotSignedIn(Exception):
    """Says what to do."""


class Tokens(Protocol):
    """Where an access token comes from. `refused` is one that the API did not take."""

    def access_token(self, refused: str | None = None) -> str: ...


def discover(issuer: str) -> dict[str, Any]:
    """The issuer's endpoints (OpenID Connect Discovery)."""
    answer = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT_S)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def grant(endpoint: str, auth: tuple[str, str] | None = None, **form: str) -> dict[str, Any]:
    """A token answer, with `expires_at`.

    Raises:
        NotSignedIn: the issuer refuses; its `error` is the message.
        httpx.HTTPError: no usable answer.
    """
    answer = httpx.post(endpoint, data=form, auth=auth, timeout=TIMEOUT_S)
    if 400 <= answer.status_code < 500:
        known = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise NotSignedIn(str(known.get("error") or answer.status_code))
    answer.raise_for_status()
    tokens: dict[str, Any] = answer.json()
    tokens["expires_at"] = time.time() + float(tokens.get("expires_in", 60))
    return tokens


class Machine:
    """By client credentials; nothing is written to disk."""

    def __init__(self, config: Config, client_id: str, secret: str) -> None:
        self._config, self._auth = config, (client_id, secret)
        self._lock = threading.Lock()
        self._tokens: dict[str, Any] = {}

    def access_token(self, refused: str | None = None) -> str:
        with self._lock:
            if not _good(self._tokens, refused):
                endpoint = discover(self._config.issuer)["token_endpoint"]
                try:
                    self._tokens = grant(endpoint, self._auth, grant_type="client_credentials")
                except NotSignedIn as fault:
                    raise NotSignedIn(f"the identity provider refused ACERVO_CLIENT_ID ({fault})") from fault
            return str(self._tokens["access_token"])


class Person:
    """From the token file. Refresh tokens rotate, so only one process at a time may use one: there is a lock beside the file."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()

    def access_token(self, refused: str | None = None) -> str:
        with self._lock:
            tokens = self._read()
            if not _good(tokens, refused):
                with _locked(self._config.tokens):
                    tokens = self._read()
                    if not _good(tokens, refused):
                        tokens = self._refresh(tokens)
            return str(tokens["access_token"])

    def keep(self, tokens: dict[str, Any]) -> None:
        """Write what a sign-in or a refresh has brought."""
        known = read_json(self._config.tokens)
        write_private(self._config.tokens, {**known, self._config.url: tokens})

    def forget(self) -> None:
        known = read_json(self._config.tokens)
        known.pop(self._config.url, None)
        write_private(self._config.tokens, known)

    def _read(self) -> dict[str, Any]:
        found = read_json(self._config.tokens).get(self._config.url)
        return found if isinstance(found, dict) else {}

    def _refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        if not tokens.get("refresh_token"):
            raise NotSignedIn("you are not signed in: run `acervo login`")
        endpoint = discover(self._config.issuer)["token_endpoint"]
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            "client_id": self._config.client,
        }
        try:
            fresh = {"refresh_token": tokens["refresh_token"], **grant(endpoint, **form)}
        except NotSignedIn as fault:
            raise NotSignedIn("your session has ended: run `acervo login`") from fault
        self.keep(fresh)
        return fresh


def source(config: Config) -> Tokens:
    """The machine's when its environment is there, else the person's."""
    if config.machine_id and config.machine_secret:
        return Machine(config, config.machine_id, config.machine_secret)
    return Person(config)


def _good(tokens: dict[str, Any], refused: str | None) -> bool:
    token = tokens.get("access_token")
    return bool(token) and token != refused and tokens.get("expires_at", 0) > time.time() + EARLY_S


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
