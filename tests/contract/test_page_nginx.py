"""The cluster's web server serves the built page as the gateway of one machine does: Debian's NGINX, started by the image's own script."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from knative.local import page
from tests.fix_runtime import free_port

ROOT = Path(__file__).parents[2]
UNPACKED, DIST, IMAGE = ROOT / ".cache/nginx", ROOT / "web/dist", ROOT / "knative/web"
NOBODY = 65534
HOLES = {"OBJECT_STORE": "https://objects.example", "OIDC_ISSUER": "https://id.example/realms/news"}
STARTS_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    """As in the image: a user without rights, who writes to one folder."""
    assert (UNPACKED / "usr/sbin/nginx").is_file(), "./task install:nginx unpacks the server"
    assert (DIST / "index.html").is_file(), "./task page builds the page"
    with tempfile.TemporaryDirectory(prefix="page-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        shutil.copytree(UNPACKED, folder / "root", symlinks=True)
        shutil.copytree(DIST, folder / "page")
        for file in ("serve", "nginx.conf.template"):
            shutil.copy(IMAGE / file, folder / file)
        run = folder / "run"
        run.mkdir()
        root = os.getuid() == 0
        if root:
            os.chown(run, NOBODY, NOBODY)
        environment = {
            **HOLES, "PATH": f"{folder}/root/usr/bin:/usr/bin:/bin", "LISTEN": f"127.0.0.1:{port}", "PAGE": str(folder / "page"), "RUN": str(run),
            "NGINX_ROOT": str(folder / "root"), "LD_LIBRARY_PATH": str(next((folder / "root/usr/lib").glob("*-linux-gnu"))),
        }  # fmt: skip
        log = run / "log"
        log.touch()
        if root:
            os.chown(log, NOBODY, NOBODY)
        with (
            log.open("w") as said,
            subprocess.Popen([folder / "serve"], env=environment, stdout=said, stderr=said, user=NOBODY if root else None) as nginx,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
        ):  # fmt: skip
            try:
                _answers(client, nginx, log)
                yield client
            finally:
                nginx.terminate()
                nginx.wait(STARTS_S)


def _answers(client: httpx.Client, nginx: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_S
    while time.monotonic() < deadline and nginx.poll() is None:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nginx does not answer: {log.read_text()}")


def script() -> str:
    """A file with a hashed name: the largest, which lies there compressed, too."""
    return f"/assets/{max((DIST / 'assets').glob('*.js'), key=lambda file: file.stat().st_size).name}"


@pytest.mark.parametrize("path", ["/", "/?q=lluvia", "/assets/0191a2b3-0000-7000-8000-00000000000a", "/admin/jobs"])  # fmt: skip
def test_every_path_of_the_page_is_the_page_with_the_headers_of_the_gateway(server: httpx.Client, path: str) -> None:  # fmt: skip
    answer = server.get(path)
    assert answer.status_code == 200
    assert answer.content == (DIST / "index.html").read_bytes()
    ours = page.Page(DIST, HOLES).answer("/").headers
    assert {name: answer.headers.get(name) for name in ours if name.lower() != "content-type"} == {
        name: value for name, value in ours.items() if name.lower() != "content-type"
    }
    assert HOLES["OBJECT_STORE"] in answer.headers["content-security-policy"]
    assert "nginx/" not in answer.headers["server"]


@pytest.mark.parametrize(("takes", "sends"), [("gzip, br", "br"), ("br", "br"), ("gzip", "gzip"), ("identity", None)])  # fmt: skip
def test_a_file_is_kept_for_ever_and_sent_as_the_browser_takes_it(server: httpx.Client, takes: str, sends: str | None) -> None:  # fmt: skip
    plain = (DIST / script().lstrip("/")).read_bytes()
    with server.stream("GET", script(), headers={"accept-encoding": takes}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["cache-control"] == page.FOREVER
    assert answer.headers["content-type"] in ("application/javascript", "text/javascript")
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert answer.headers.get("content-encoding") == sends
    beside = {"br": ".br", "gzip": ".gz", None: ""}[sends]
    assert sent == (DIST / f"{script().lstrip('/')}{beside}").read_bytes()
    assert sends != "gzip" or gzip.decompress(sent) == plain


@pytest.mark.parametrize("path", ["/assets/first-AAAAAAAA.js", "/robots.txt", "/.vite/policy.txt", "/.vite/manifest.json", "/index.html.gz"] )  # fmt: skip
def test_what_is_not_there_or_not_for_them_is_not_found_and_not_remembered(server: httpx.Client, path: str) -> None:  # fmt: skip
    answer = server.get(path)
    assert answer.status_code in (400, 404)
    assert answer.status_code == 400 or answer.headers["cache-control"] == page.NEVER


def test_a_file_is_asked_for_by_its_head_by_what_is_known_and_in_part(server: httpx.Client) -> None:
    plain = (DIST / script().lstrip("/")).read_bytes()
    uncoded = {"accept-encoding": "identity"}
    head = server.head(script(), headers=uncoded)
    assert (head.status_code, int(head.headers["content-length"])) == (200, len(plain))
    again = server.get(script(), headers={**uncoded, "if-none-match": head.headers["etag"]})
    assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", page.FOREVER)
    part = server.get(script(), headers={**uncoded, "range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, plain[10:20])


def test_it_does_not_start_with_an_address_that_would_change_the_policy(tmp_path: Path) -> None:
    environment = {
        **HOLES,
        "OBJECT_STORE": "https://a.example; script-src *",
        "RUN": str(tmp_path),
        "PATH": os.defpath,
    }
    done = subprocess.run(
        [IMAGE / "serve"], env=environment, capture_output=True, text=True, timeout=STARTS_S, check=False
    )
    assert (done.returncode, done.stderr) == (1, "OBJECT_STORE and OIDC_ISSUER are one address each\n")
