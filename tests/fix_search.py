"""A newsroom to search: real PostgreSQL, a real index, the real services with tokens of an issuer of our own."""

from __future__ import annotations

import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.testclient import TestClient

from acervo import function, problems
from acervo.database import Database, as_json
from functions.search import main as search_main
from functions.search.index_directory import IndexDirectory
from functions.search.indexing import Indexer
from functions.search.reading import Reading
from functions.search.routes import routes
from functions.search.tantivy_store import TantivyStore

AUDIENCE = "acervo"


def wait_for(condition: Callable[[], bool], deadline_s: float = 20) -> None:
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


class Issuer:
    """Signs tokens and serves its keys."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        body = json.dumps({"keys": [public | {"kid": "1", "alg": "ES256", "use": "sig"}]}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def token(self, sub: str, roles: Sequence[str] = ("editor",), groups: Sequence[str] = ()) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + 600, "roles": list(roles),
            "groups": list(groups),
        }  # fmt: skip
        return jwt.encode(claims, self._key, "ES256", headers={"kid": "1"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Newsroom:
    """Builders for rows, and the two services."""

    def __init__(self, database_url: str, index: Path, issuer: Issuer) -> None:
        self.database = Database(database_url, 8)
        self.index_path = index
        self.issuer = issuer
        self.env = {
            "DATABASE_URL": database_url, "SEARCH_INDEX_DIR": str(index), "OIDC_ISSUER": issuer.url,
            "OIDC_JWKS_URL": f"{issuer.url}/jwks", "OIDC_AUDIENCE": AUDIENCE,
            "SEARCH_DEADLINE_S": "20",
        }  # fmt: skip
        self.reading = Reading(database_url, 4)
        self.store = TantivyStore(IndexDirectory(index))
        self.indexer = Indexer(self.store, self.database, every_s=3600)
        self.app: Starlette = function.serve(
            search_main.hear_match, name="search", settings=search_main.Settings, env=self.env, hears={search_main.MATCHED},
            routes=routes(search_main.serving_of), exception_handlers=problems.handlers,
        )  # fmt: skip
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def project(self, name: str, *principals: str) -> str:
        with self.database.transaction() as connection:
            connection.execute(
                "insert into projects (id, name) values (%s, %s) on conflict do nothing", (name, name)
            )
            for principal in principals:
                connection.execute(
                    "insert into project_members values (%s, %s) on conflict do nothing", (name, principal)
                )
        return name

    def asset(
        self,
        title: str | None = None,
        *,
        project: str = "news",
        said: Sequence[str] = (),
        kind: str | None = "video",
        status: str = "ready",
        language: str | None = "es",
        created: datetime | None = None,
        name: str = "clip.mp4",
        **metadata: Any,
    ) -> str:
        """Insert an asset (not indexed yet); each text of `said` is a passage of five seconds."""
        asset_id = str(uuid.uuid4())
        if title is not None:
            metadata["title"] = title
        with self.database.transaction() as connection:
            connection.execute(
                "insert into assets (id, project_id, name, kind, status, owner, metadata, language, technical, created_at)"
                " values (%s, %s, %s, %s, %s, 'user:x', %s, %s, %s, %s)",
                (asset_id, project, name, kind, status, as_json(metadata), language, as_json({"duration_s": 61.5}),
                 created or datetime.now(UTC)),
            )  # fmt: skip
            for number, text in enumerate(said):
                connection.execute(
                    "insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, model)"
                    " values (%s, %s, %s, %s, %s, %s, 'test')",
                    (asset_id, number, number * 5000, number * 5000 + 5000, language, text),
                )
        return asset_id

    def change(self, asset_id: str, **columns: Any) -> int:
        """Update columns; the new version."""
        names = ", ".join(f"{name} = %s" for name in columns)
        values = [as_json(value) if isinstance(value, dict) else value for value in columns.values()]
        with self.database.transaction() as connection:
            row = connection.execute(
                f"update assets set {names} where id = %s returning version",  # noqa: S608  # names of a test
                [*values, asset_id],
            ).fetchone()
        assert row is not None
        return int(row["version"])

    def get(self, path: str, token: str | None = None, **params: Any) -> Any:
        """The answer of /api/v1/search/<path>, as an archivist unless a token is given; the index is looked at anew."""
        self.refresh()
        answer = self.raw(path, token, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, path: str, token: str | None = None, params: Mapping[str, Any] | None = None) -> Any:
        bearer = token or self.issuer.token("archivista", ["archivist"])
        return self.client.get(
            f"/api/v1/search/{path}", params=dict(params or {}), headers={"authorization": f"Bearer {bearer}"}
        )

    def refresh(self) -> None:
        """Readers look at most every 0.2 s; a test does not wait for that."""
        for engine in search_main._serving(self.app.state.resources).service.engines:
            engine._reader._looked = float("-inf")  # type: ignore[attr-defined]  # of the adapter behind the Protocol

    def found(self, q: str, token: str | None = None, **params: Any) -> set[str]:
        """Ids of the hits."""
        answer = self.get("assets", token, q=q, limit=100, **params)
        return {hit["asset_id"] for hit in answer["hits"]}

    def close(self) -> None:
        self.indexer.close()
        search_main._serving(self.app.state.resources).close()
        self.reading.close()
        self.app.state.resources.database.close()
        self.client.close()
        self.database.close()


@pytest.fixture(scope="session")
def search_issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def newsroom(
    database_url: str, search_issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Newsroom]:
    room = Newsroom(database_url, tmp_path_factory.mktemp("index"), search_issuer)
    yield room
    room.close()
