"""What the people of a newsroom do with a running platform, through the same API and command-line code as everybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from psycopg.rows import dict_row

from cli.client import Api
from cli.config import Config
from cli.tokens import Machine
from cli.upload import upload
from knative.local.supervise import Platform
from tests.fix_oidc import Oidc

T = TypeVar("T")
OVER = ("ready", "error", "rejected")


class Newsroom:
    """The machine client `cms` (member of noticias and deportes) and a look into the database."""

    def __init__(self, platform: Platform, home: Path) -> None:
        self.platform, stack = platform, platform.stack
        client = stack.machine_client()
        self.env = {
            "HOME": str(home), "ACERVO_URL": stack.origin,
            "ACERVO_CLIENT_ID": client["client_id"], "ACERVO_CLIENT_SECRET": client["client_secret"],
        }  # fmt: skip
        config = Config.read(self.env)
        self.api = Api(config.url, Machine(config, client["client_id"], client["client_secret"]))
        self._states = config.uploads

    def close(self) -> None:
        self.api.close()

    def upload(self, file: Path, project: str = "noticias") -> str:
        return upload(self.api, file, project, states=self._states)

    def wait(self, asset_id: str, seconds: float = 180, states: tuple[str, ...] = OVER) -> dict[str, Any]:
        """The asset once it is in one of these states; fails the test after the deadline with what it was."""
        until = time.monotonic() + seconds
        asset: dict[str, Any] = {}
        while time.monotonic() < until:
            asset = self.api.get(f"/assets/{asset_id}")
            if asset["status"] in states:
                return asset
            time.sleep(0.2)
        jobs = [(job["kind"], job["state"], job["progress"]) for job in asset.get("jobs", [])]
        raise AssertionError(f"{asset.get('name')} is {asset.get('status')} after {seconds:.0f} s: {jobs}")

    def find(self, words: str, asset_id: str, seconds: float = 20) -> dict[str, Any]:
        """The hit for this asset, once the index has it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for hit in self.api.get("/search/assets", q=words)["hits"]:
                if hit["asset_id"] == asset_id:
                    found: dict[str, Any] = hit
                    return found
            time.sleep(0.2)
        raise AssertionError(f"{words!r} does not find {asset_id} within {seconds:.0f} s")

    def until(self, condition: Callable[[], T], what: str, seconds: float = 60) -> T:
        """The first true value of a condition."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.platform.stack.postgres.url, row_factory=dict_row) as connection:
            return connection.execute(sql, parameters).fetchall()

    def person(self, user: str) -> httpx.Client:
        """The API for somebody who signed in with name and password on the provider's own pages (code + PKCE)."""
        stack = self.platform.stack
        users = {known["username"]: known for known in stack.users()}
        provider = Oidc(stack.data / "oidc", stack.port, users, {}, redirect=f"{stack.origin}/callback")
        headers = {"authorization": f"Bearer {provider.token(user)}"}
        return httpx.Client(base_url=f"{stack.origin}/api/v1", headers=headers, timeout=30)
