"""A real OpenID Connect provider (oidc-provider on Node) for the session, with people and machines of the tests."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "knative" / "local" / "oidc"
AUDIENCE = "urn:acervo:api"
REDIRECT = "http://page.example/callback"
START_S, INSTALL_S = 20, 300
USERS: list[dict[str, Any]] = [
    {"username": "editora", "name": "Eva Editora", "roles": ["editor"], "groups": ["noticias"]},
    {"username": "otro", "name": "Otto Otro", "roles": ["editor"], "groups": ["deportes"]},
    {"username": "archivista", "name": "Ariel Archivista", "roles": ["archivist"], "groups": []},
    {"username": "admin", "name": "Ada Admin", "roles": ["admin"], "groups": []},
    {"username": "nadie", "name": "Nadie", "roles": [], "groups": ["noticias"]},
]
MACHINES: list[dict[str, Any]] = [
    {"client_id": "cms", "roles": ["editor"], "groups": ["noticias"]},
    {"client_id": "robot-admin", "roles": ["admin"], "groups": []},
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge (RFC 7636)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Oidc:
    """A running provider."""

    data: Path
    port: int
    users: dict[str, dict[str, Any]]
    machines: dict[str, dict[str, Any]]
    access_token_s: int = 600
    redirect: str = REDIRECT
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}/oidc"

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/oidc/jwks"

    def start(self) -> None:
        """Returns when it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "users.json").write_text(json.dumps(list(self.users.values())))
        (self.data / "clients.json").write_text(json.dumps(list(self.machines.values())))
        env = {
            **os.environ, "OIDC_ISSUER": self.issuer, "OIDC_PORT": str(self.port), "OIDC_DATA": str(self.data),
            "OIDC_USERS": str(self.data / "users.json"), "OIDC_CLIENTS": str(self.data / "clients.json"),
            "OIDC_AUDIENCE": AUDIENCE, "OIDC_WEB_REDIRECTS": self.redirect, "OIDC_ACCESS_TOKEN_S": str(self.access_token_s),
        }  # fmt: skip
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", "node", "server.mjs"], cwd=SERVER, env=env, stdout=log, stderr=log
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        pytest.fail(f"the provider does not start: {(self.data / 'log').read_text()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(timeout=15)
        self.process = None
        return code

    # -- tokens -------------------------------------------------------------------------------------------------------
    def endpoint(self, path: str) -> str:
        return f"{self.issuer}/{path}"

    def machine_token(self, client_id: str) -> str:
        """By client credentials."""
        secret = self.machines[client_id]["client_secret"]
        answer = httpx.post(
            self.endpoint("token"), data={"grant_type": "client_credentials"}, auth=(client_id, secret)
        )
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def authorize(self, username: str, password: str | None = None, challenge: str = "") -> str:
        """Sign in as a browser does; the authorization code.

        Raises:
            PermissionError: the login page says no.
        """
        with httpx.Client(timeout=10) as browser:
            answer = browser.get(
                self.endpoint("auth"),
                params={
                    "client_id": "web", "response_type": "code", "scope": "openid profile", "redirect_uri": self.redirect,
                    "state": "s", "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256",
                },
            )  # fmt: skip
            for _ in range(10):
                target = answer.headers.get("location", "")
                if target.startswith(self.redirect):
                    return str(httpx.URL(target).params["code"])
                if target:
                    answer = browser.get(answer.url.join(target))
                    continue
                if answer.status_code != 200:
                    raise PermissionError(answer.text)
                form = re.search(r'<form method="post" action="([^"]+)"', answer.text)
                assert form, answer.text
                known = password or self.users[username]["password"]
                answer = browser.post(
                    answer.url.join(html.unescape(form.group(1))),
                    data={"username": username, "password": known},
                )
        raise AssertionError("too many redirects")

    def browse(self, address: str, username: str, typed: str = "") -> str:
        """Go where `address` leads and answer every page as a person does (`typed` is a device's code); the last page."""
        with httpx.Client(follow_redirects=True, timeout=10) as browser:
            page = browser.get(address)
            for _ in range(8):
                form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
                if form is None:
                    return page.text
                data = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
                if 'name="password"' in page.text:
                    data |= {"username": username, "password": self.users[username]["password"]}
                elif 'value="allow"' in page.text:
                    data |= {"answer": "allow"}
                elif typed:
                    data.setdefault("user_code", typed)
                page = browser.post(page.url.join(html.unescape(form.group(1))), data=data)
        raise AssertionError("too many pages")

    def exchange(self, code: str, verifier: str) -> httpx.Response:
        return httpx.post(
            self.endpoint("token"),
            data={
                "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect, "client_id": "web",
                "code_verifier": verifier,
            },
        )  # fmt: skip

    def token(self, username: str) -> str:
        """An access token of a person: the one given before, as long as it is good for half of its life."""
        if username not in self.tokens or self._left_s(self.tokens[username]) < self.access_token_s / 2:
            verifier, challenge = pkce()
            answer = self.exchange(self.authorize(username, challenge=challenge), verifier)
            answer.raise_for_status()
            self.tokens[username] = answer.json()["access_token"]
        return self.tokens[username]

    @staticmethod
    def _left_s(token: str) -> float:
        ends_at: float = jwt.decode(token, options={"verify_signature": False})["exp"]
        return ends_at - time.time()


def install() -> None:
    """`npm ci`, when the modules are not there."""
    if (SERVER / "node_modules" / "oidc-provider").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("npm is missing: the identity provider cannot be installed")
    subprocess.run([npm, "ci"], cwd=SERVER, check=True, timeout=INSTALL_S, capture_output=True)


def make(data: Path, access_token_s: int = 600) -> Oidc:
    """A provider that is not started."""
    install()
    users = {user["username"]: {**user, "password": secrets.token_urlsafe(9)} for user in USERS}
    machines = {
        machine["client_id"]: {**machine, "client_secret": secrets.token_urlsafe(32)} for machine in MACHINES
    }
    return Oidc(data, free_port(), users, machines, access_token_s)


@pytest.fixture(scope="session")
def oidc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oidc]:
    provider = make(tmp_path_factory.mktemp("oidc") / "data")
    provider.start()
    yield provider
    provider.stop()
