"""Credentials of channels, from Vault's API (HashiCorp Vault or OpenBao): KV version 2 at `{mount}/channels/{type}/{id}`.

Read at run time with a token that can read only that; AppRole on one machine, Kubernetes auth in a cluster. A secret is kept
for a minute; `fresh=True` (after a channel said 401) reads it again, so a rotation needs no restart. Values never show in
`repr`, errors or logs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from functions.publish.faults import Fault
from functions.publish.vault_settings import VaultSettings

KEEP_S, TIMEOUT_S = 60.0, 10.0
Noted = Callable[[str, int], None]


class Secret(Mapping[str, str]):
    """The values of one secret; shows only their names."""

    def __init__(self, values: Mapping[str, Any], version: int) -> None:
        self._values = {name: str(value) for name, value in values.items()}
        self.version = version

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Secret version {self.version}: {', '.join(sorted(self._values))}>"

    def need(self, *names: str) -> None:
        """Raises Fault when one of these is not in it."""
        absent = [name for name in names if not self._values.get(name)]
        if absent:
            raise Fault("secret-missing", f"the channel's secret lacks {', '.join(absent)}")


NO_SECRET = Secret({}, 0)


class Vault:
    """One client a process, safe for threads."""

    def __init__(self, of: VaultSettings, transport: httpx.BaseTransport | None = None) -> None:
        self._of = of
        verify: Any = of.ca_file or True
        self._http = httpx.Client(base_url=of.address, timeout=TIMEOUT_S, verify=verify, transport=transport)
        self._lock = threading.Lock()
        self._token, self._renew_at, self._ends_at = "", 0.0, 0.0
        self._kept: dict[str, tuple[float, Secret]] = {}

    def close(self) -> None:
        self._http.close()

    def read(self, type_: str, channel_id: str, fresh: bool = False, noted: Noted | None = None) -> Secret:
        """The secret of a channel. Raises Fault `secret-missing` or `secrets-unavailable`.

        Args:
            noted: told (`read` or the fault's code, version or 0) whenever Vault was asked, before anybody sees the secret.
        """
        path = f"channels/{type_}/{channel_id}"
        kept = self._kept.get(path)
        if kept and not fresh and time.monotonic() - kept[0] < KEEP_S:
            return kept[1]
        try:
            secret = self._ask(path)
        except Fault as fault:
            if noted:
                noted(fault.code, 0)
            raise
        if noted:
            noted("read", secret.version)
        self._kept[path] = (time.monotonic(), secret)
        return secret

    def _ask(self, path: str) -> Secret:
        if not self._of.address:
            raise Fault("secret-missing", "no Vault is configured (VAULT_ADDR)")
        answer = self._get(path)
        if answer.status_code == 403:  # the token was revoked, or Vault was restored: log in once more
            self._forget()
            answer = self._get(path)
        if answer.status_code == 404:
            raise Fault("secret-missing", f"there is nothing at {self._of.mount}/{path}")
        if answer.status_code == 403:
            raise Fault("secret-missing", f"Vault does not let this function read {self._of.mount}/{path}")
        if not answer.is_success:
            raise Fault("secrets-unavailable", f"Vault answered {answer.status_code}")
        data = answer.json()["data"]
        return Secret(data["data"] or {}, int(data["metadata"]["version"]))

    def _get(self, path: str) -> httpx.Response:
        return self._call("GET", f"/v1/{self._of.mount}/data/{quote(path)}", token=self._current())

    def _call(self, method: str, path: str, *, token: str = "", json: Any = None) -> httpx.Response:
        try:
            return self._http.request(
                method, path, json=json, headers={"X-Vault-Token": token} if token else {}
            )
        except httpx.HTTPError as fault:
            raise Fault("secrets-unavailable", f"Vault does not answer ({type(fault).__name__})") from None

    def _forget(self) -> None:
        with self._lock:
            self._token = ""

    def _current(self) -> str:
        """A token that lives: renewed at two thirds of its life, or got by logging in."""
        with self._lock:
            now = time.monotonic()
            if self._token and now < self._renew_at:
                return self._token
            if self._token and now < self._ends_at:
                answer = self._call("POST", "/v1/auth/token/renew-self", token=self._token)
                if answer.is_success and self._take(answer.json()["auth"], now):
                    return self._token
            answer = self._login()
            if not answer.is_success:
                code = (
                    "secrets-unavailable"
                    if answer.status_code >= 500 or answer.status_code == 429
                    else "secret-missing"
                )
                raise Fault(code, f"Vault answered {answer.status_code} to the login ({self._of.auth})")
            self._take(answer.json()["auth"], now)
            return self._token

    def _login(self) -> httpx.Response:
        if self._of.auth == "approle":
            body = {"role_id": self._of.role_id, "secret_id": self._of.secret_id}
        elif self._of.auth == "kubernetes":
            try:
                body = {"role": self._of.role, "jwt": Path(self._of.token_file).read_text().strip()}
            except OSError:
                raise Fault("secret-missing", "there is no service account token to log in with") from None
        else:
            raise Fault("settings", "VAULT_AUTH is neither approle nor kubernetes")
        return self._call("POST", f"/v1/auth/{self._of.auth}/login", json=body)

    def _take(self, auth: Mapping[str, Any], now: float) -> bool:
        """Whether what is left of the token's life is worth keeping (a token near its maximum TTL is not)."""
        life = float(auth["lease_duration"] or 86_400)
        self._token, self._renew_at, self._ends_at = auth["client_token"], now + life * 2 / 3, now + life
        return life >= 10


@lru_cache(maxsize=4)
def vault_of(of: VaultSettings) -> Vault:
    """The process's client for these settings."""
    return Vault(of)
