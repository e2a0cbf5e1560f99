"""The gateway: routes, headers, limits, the page."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest

from knative.local.postgres import Postgres
from tests.fix_runtime import Runtime, Sink, new_runtime, open_sink, route, service


@pytest.fixture(scope="module")
def external() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, external: Sink) -> Iterator[Runtime]:
    static = tmp_path_factory.mktemp("page")
    (static / "index.html").write_text("<title>the page</title>")
    (static / "assets").mkdir()
    (static / "assets" / "main-1a2b.js").write_text("let x")
    (static / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"let x"))
    (static / ".vite").mkdir()
    (static / ".vite" / "policy.txt").write_text(
        "default-src 'none'; connect-src 'self' ${OBJECT_STORE} ${OIDC_ISSUER}/\n"
    )
    (static.parent / "outside.txt").write_text("secret")
    with new_runtime(tmp_path_factory.mktemp("gateway"), postgres) as runtime:
        cut = {
            "type": "URLRewrite",
            "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
        }
        named = {"type": "URLRewrite", "urlRewrite": {"hostname": "echo.default.svc.cluster.local"}}
        runtime.start(
            service("echo", str(runtime.function)),
            route("/api/v1", "echo"),
            route("/cut", "echo", filters=[cut]),
            route("/named", "kourier-internal", filters=[named]),
            route("/oidc", "oidc"),
            arguments=(
                "--external",
                f"oidc={external.url}",
                "--static",
                str(static),
                "--object-store",
                "http://store.test:7480",
                "--issuer",
                "https://login.test/realms/news",
            ),
        )
        yield runtime


def test_a_service_sees_who_asked_for_what(gate: Runtime) -> None:
    sent = {
        "X-Forwarded-For": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "Connection": "x-hop",
        "X-Hop": "1",
        "X-End": "2",
    }
    seen = httpx.get(f"{gate.gateway}/api/v1/assets?a=1", headers=sent).json()
    assert (seen["path"], seen["query"], seen["method"]) == ("/api/v1/assets", "a=1", "GET")
    headers = seen["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == headers["host"] == f"127.0.0.1:{gate.gateway_port}"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-end"] == "2"
    assert not {"x-hop", "forwarded"} & set(headers)


@pytest.mark.parametrize(
    ("path", "seen"), [("/cut/a/b", "/a/b"), ("/cut", "/"), ("/cut/", "/"), ("/named/x", "/named/x")]
)
def test_a_path_is_rewritten(gate: Runtime, path: str, seen: str) -> None:
    answer = httpx.get(gate.gateway + path).json()
    assert answer["path"] == seen
    if path.startswith("/named"):
        assert answer["headers"]["host"] == "echo.default.svc.cluster.local"


def test_a_prefix_is_whole_path_elements(gate: Runtime) -> None:
    assert "the page" in httpx.get(f"{gate.gateway}/api/v10").text


def test_a_long_body_is_refused_whether_or_not_it_says_its_length(gate: Runtime) -> None:
    large = b"x" * 10_000_001
    for content in (large, iter([large[:6_000_000], large[6_000_000:]])):
        answer = httpx.post(f"{gate.gateway}/api/v1/x?echo=1", content=content, timeout=30)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (
            413,
            "application/problem+json",
        )
    assert httpx.post(f"{gate.gateway}/api/v1/x?echo=1", content=large[:-1], timeout=30).json() == {
        "size": 10_000_000
    }


def test_an_external_answers_as_itself(gate: Runtime, external: Sink) -> None:
    external.answers["/oidc/token?x=1"] = lambda one: (
        302, {"location": "/there", "set-cookie": "a=1", "x-host": one.headers["host"]}, b"go"
    )  # fmt: skip
    answer = httpx.post(f"{gate.gateway}/oidc/token?x=1", content=b"code")
    assert (answer.status_code, answer.text) == (302, "go")
    assert answer.headers["x-host"] == f"127.0.0.1:{gate.gateway_port}"
    assert answer.headers["set-cookie"] == "a=1"
    assert external.received[-1].body == b"code"


def test_an_external_that_breaks_off_is_502(gate: Runtime, external: Sink) -> None:
    external.answers["/oidc/broken"] = lambda _: (0, {}, b"")
    answer = httpx.get(f"{gate.gateway}/oidc/broken")
    assert (answer.status_code, json.loads(answer.text)["status"]) == (502, 502)


def test_the_page_has_its_own_paths(gate: Runtime) -> None:
    assert "the page" in httpx.get(f"{gate.gateway}/assets/123").text
    script = httpx.get(f"{gate.gateway}/assets/main-1a2b.js")
    assert (script.text, script.headers["cache-control"]) == ("let x", "public, max-age=31536000, immutable")
    assert httpx.get(f"{gate.gateway}/assets/none.js").status_code == 404
    assert httpx.get(f"{gate.gateway}/%2e%2e/outside.txt").status_code == 404
    assert httpx.post(f"{gate.gateway}/assets/123").status_code == 404


def test_the_page_says_what_it_may_talk_to_and_that_nobody_frames_it(gate: Runtime) -> None:
    for path in ("/", "/admin/jobs", "/assets/main-1a2b.js"):
        headers = httpx.get(gate.gateway + path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; connect-src 'self' http://store.test:7480 https://login.test/realms/news/"
        )
        assert headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{gate.gateway}/").headers["cache-control"] == "no-cache"


def test_a_file_is_sent_as_the_build_has_compressed_it(gate: Runtime) -> None:
    url = f"{gate.gateway}/assets/main-1a2b.js"
    small = httpx.get(url, headers={"Accept-Encoding": "gzip"})
    assert (small.headers["content-encoding"], small.text) == ("gzip", "let x")
    assert "Accept-Encoding" in small.headers["vary"]
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    assert ("content-encoding" in plain.headers, plain.text) == (False, "let x")


def test_what_the_build_keeps_for_servers_is_not_served(gate: Runtime) -> None:
    assert httpx.get(f"{gate.gateway}/.vite/policy.txt").status_code == 404
