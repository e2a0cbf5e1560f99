"""The API against a bare Starlette route with the same SQL: requests a second and p95 of list, detail, sign-part and search (goal: ≥ 0.7×).

Both are served by uvicorn in processes of their own, over the same PostgreSQL, filled with COPY (100,000 assets; `--assets 1000000`).
The bare route does what cannot be left out: the same statements, a JSON answer, and for a part the same signature. What the API adds is
who calls (a JWT), whether they may, the models, the audit row, the entity tag. Search is its own function over the embedded index; its peer asks
the same service for the same words. The clients are threads with kept connections.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import rsa

from acervo.migrate import migrate
from bench import figures
from knative.local.postgres import Postgres

ROOT = Path(__file__).parent.parent
ISSUER, AUDIENCE, PROJECTS = "http://127.0.0.1/bench", "urn:acervo:api", 20
GOAL = 0.7


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: list[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()


@contextmanager
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder), free_port(), secrets.token_hex(8), durable=False)
        server.prepare()
        with process(server.command(), start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"}):
            server.wait_ready()
            migrate(server.url)
            yield server.url


def fill(url: str, count: int) -> tuple[str, str]:
    """Assets with COPY, without the triggers; the ids of a ready one and of an open upload."""
    with psycopg.connect(url) as connection:
        connection.execute("set session_replication_role = replica")
        for number in range(PROJECTS):
            connection.execute(
                "insert into projects (id, name) values (%s, %s)", (f"p{number:02}", f"P {number}")
            )
            connection.execute(
                "insert into project_members values (%s, 'group:noticias')", (f"p{number:02}",)
            )
        columns = "id, project_id, name, kind, status, owner, size_bytes, mime_type, metadata, technical, created_at"
        with connection.cursor().copy(f"copy assets ({columns}) from stdin") as copy:
            for number in range(count):
                metadata = json.dumps(
                    {"title": f"Película {number}", "keywords": ["uno", "dos"], "byline": "Ana"}
                )
                copy.write_row(
                    (f"00000000-0000-4000-8000-{number:012x}", f"p{number % PROJECTS:02}", f"nota {number}.mp4", "video", "ready", "user:bench", 5_000_000,
                     "video/mp4", metadata, '{"duration_s": 12.5}', f"2026-01-01 00:00:00+00:{number % 60:02}")
                )  # fmt: skip
        connection.execute(
            "insert into assets (id, project_id, name, owner, upload_key, upload_id, part_size_bytes, size_bytes) values ('00000000-0000-4000-9000-000000000001', 'p00', 'u', 'user:bench', 'uploads/p00/x/u', '2~x', 5242880, 100000000)"
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze assets")
    return f"00000000-0000-4000-8000-{count // 2:012x}", "00000000-0000-4000-9000-000000000001"


# -- the bare route ---------------------------------------------------------------------------------------------------
def bare() -> Any:
    """The same statements, and nothing else: made in the process that serves it."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from acervo import settings
    from acervo.database import Database, query
    from acervo.function import ObjectSettings
    from acervo.objects import Objects
    from functions.search.main import Settings as SearchSettings
    from functions.search.parameters import parse_search
    from functions.search.serving import serving as searching_with

    known = Database(os.environ["DATABASE_URL"])
    store = Objects(
        ObjectSettings(
            endpoint="http://127.0.0.1:1",
            public_endpoint="http://127.0.0.1:1",
            access_key="a",
            secret_key=secrets.token_hex(8),
        )
    )
    principals = ["user:bench", "group:noticias"]
    chosen = settings.read(SearchSettings, os.environ)
    found = searching_with(
        chosen.frame.database.url, chosen.engines, chosen.meaning, chosen.direct, chosen.deadline_s
    ).service

    def plain(value: Any) -> Response:
        return Response(json.dumps(value, default=str), media_type="application/json")

    def list_(request: Request) -> Response:
        with known.transaction() as connection:
            visible = [row["project_id"] for row in query.project_ids_of(connection, principals=principals)]
            nothing = dict.fromkeys(("project", "kind", "status", "owner", "after_at", "after_id"))
            return plain({"items": list(query.api_assets(connection, projects=visible, **nothing, limit=51))})

    def detail(request: Request) -> Response:
        asset_id = request.path_params["id"]
        with known.transaction() as connection:
            row = query.api_asset(connection, asset_id=asset_id, principals=principals)
            parts = {
                "renditions": list(query.api_renditions(connection, asset_id=asset_id)),
                "jobs": list(query.api_jobs(connection, asset_id=asset_id, limit=50)),
                "transcript": list(query.api_transcript(connection, asset_id=asset_id, after=-1, limit=501)),
            }
        return plain({**row, **parts})

    def sign(request: Request) -> Response:
        from acervo.database import as_json

        with known.transaction() as connection:
            row = query.api_asset(connection, asset_id=request.path_params["id"], principals=principals)
            query.put_audit(
                connection, who="user:bench", what="upload.sign", asset_id=row["id"], project_id=row["project_id"], from_where="127.0.0.1",
                result="done", detail=as_json({"parts": 1}),
            )  # fmt: skip
        return plain({"urls": [store.presign_part(store.archive, row["upload_key"], row["upload_id"], 1)]})

    def search(request: Request) -> Response:
        with known.transaction() as connection:
            visible = [row["project_id"] for row in query.project_ids_of(connection, principals=principals)]
        return plain(found.assets(frozenset(visible), parse_search(request.query_params)))

    return Starlette(
        routes=[
            Route("/search", search),
            Route("/list", list_),
            Route("/detail/{id}", detail),
            Route("/sign/{id}", sign, methods=["POST"]),
        ]
    )


def searching() -> Any:
    """The search function, as uvicorn's factory."""
    from functions.search.main import app

    return app


def build_index(url: str, folder: Path) -> None:
    """As people do with `python -m functions.search.rebuild`."""
    from acervo.database import Database
    from functions.search import rebuild
    from functions.search.index_directory import IndexDirectory
    from functions.search.tantivy_store import TantivyStore

    source = Database(url)
    rebuild.rebuild(TantivyStore(IndexDirectory(folder)), source)
    source.close()


# -- measuring --------------------------------------------------------------------------------------------------------
@contextmanager
def serving(target: str, env: dict[str, str]) -> Iterator[int]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        target,
        "--port",
        str(port),
        "--log-level",
        "error",
        "--no-access-log",
    ]
    with process(command, env={**os.environ, **env}):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    yield port
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{target} does not start")


def load(
    port: int, method: str, path: str, body: str | None, headers: dict[str, str], seconds: float, clients: int
) -> tuple[float, float]:
    """Requests a second, and the p95 in milliseconds."""
    times: list[float] = []
    ends_at = time.monotonic() + seconds

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        mine: list[float] = []
        while time.monotonic() < ends_at:
            began = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {text[:300]!r}")
            mine.append(time.perf_counter() - began)
        times.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / seconds, figures.quantile(times, 0.95) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="the two take turns")
    options = parser.parse_args()
    key = rsa.generate_private_key(65537, 2048)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "bench",
        "exp": int(time.time()) + 3600,
        "roles": ["editor"],
        "groups": ["noticias"],
    }
    token = jwt.encode(claims, key, "RS256", {"kid": "bench"})
    public = {
        **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())),
        "kid": "bench",
        "alg": "RS256",
        "use": "sig",
    }
    with database() as url, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        ready, upload = fill(url, options.assets)
        sys.stderr.write(f"{options.assets} assets in {time.monotonic() - began:.0f} s\n")
        began = time.monotonic()
        build_index(url, Path(folder) / "index")
        sys.stderr.write(f"index in {time.monotonic() - began:.0f} s\n")
        (Path(folder) / "jwks").write_text(json.dumps({"keys": [public]}))
        keys_port = free_port()
        env = {
            "DATABASE_URL": url, "S3_ENDPOINT": "http://127.0.0.1:1", "S3_PUBLIC_ENDPOINT": "http://127.0.0.1:1", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b",
            "OIDC_ISSUER": ISSUER, "OIDC_JWKS_URL": f"http://127.0.0.1:{keys_port}/jwks", "OIDC_AUDIENCE": AUDIENCE, "STREAM_SECRET": "x" * 40,
            "RATE_CALLER": "0", "RATE_CLIENT": "0", "SEARCH_INDEX_DIR": str(Path(folder) / "index"),
        }  # fmt: skip
        with (
            process(
                [
                    sys.executable,
                    "-m",
                    "http.server",
                    str(keys_port),
                    "--bind",
                    "127.0.0.1",
                    "--directory",
                    folder,
                ]
            ),
            serving("functions.api.main:build", env) as ours,
            serving("bench.api:searching", env) as searched,
            serving("bench.api:bare", env) as theirs,
        ):
            measure(options, {"api": ours, "search": searched}, theirs, token, ready, upload)


def measure(
    options: argparse.Namespace, ports: dict[str, int], theirs: int, token: str, ready: str, upload: str
) -> None:
    who = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    wanted = json.dumps({"asset_id": upload, "part_numbers": [1]})
    words = f"q=pel%C3%ADcula+{options.assets // 2}&limit=20"
    works = {
        "list of 50": (("GET", "/api/v1/assets", None), ("GET", "/list", None)),
        "detail": (("GET", f"/api/v1/assets/{ready}", None), ("GET", f"/detail/{ready}", None)),
        "sign-part": (("POST", "/api/v1/assets/upload/sign-part", wanted), ("POST", f"/sign/{upload}", None)),
        "search": (("GET", f"/api/v1/search/assets?{words}", None), ("GET", f"/search?{words}", None)),
    }
    rows, raw = [], {}
    for name, (api, peer) in works.items():
        ours = ports["search" if name == "search" else "api"]
        load(ours, *api, who, 1, options.clients)
        load(theirs, *peer, {}, 1, options.clients)
        got: dict[str, list[tuple[float, float]]] = {"api": [], "bare": []}
        for _ in range(options.rounds):
            got["api"].append(load(ours, *api, who, options.seconds, options.clients))
            got["bare"].append(load(theirs, *peer, {}, options.seconds, options.clients))
        best = {side: max(found) for side, found in got.items()}
        ratio = best["api"][0] / best["bare"][0]
        rows.append(
            (
                name,
                f"{best['api'][0]:.0f}",
                f"{best['bare'][0]:.0f}",
                f"{ratio:.2f}×",
                f"{best['api'][1]:.1f}",
                f"{best['bare'][1]:.1f}",
            )
        )
        raw[name] = {**got, "ratio": ratio}
    columns = ("", "API, requests/s", "bare, requests/s", f"ratio (goal {GOAL})", "API p95 ms", "bare p95 ms")
    figures.show(f"API at {options.assets} assets, {options.clients} clients", columns, rows, raw)


if __name__ == "__main__":
    main()
