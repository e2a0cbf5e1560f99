"""The page is served alike on one machine and in a cluster: the same policy, the same headers, the same life of files."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from knative.local import page

ROOT = Path(__file__).parents[2]
NGINX = (ROOT / "knative/web/default.conf.template").read_text()
POLICY = (ROOT / "web/policy.ts").read_text()
HOLES = set(re.findall(r"\$\{([A-Z_]+)\}", POLICY[POLICY.index("export const SERVED_POLICY") :]))


def test_nginx_sends_the_headers_that_the_gateway_sends(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>the page</title>")
    sent = page.Page(tmp_path, {}).answer("/").headers
    named = {name: value.strip('"') for name, value in re.findall(r"add_header (\S+) (.+) always;", NGINX)}
    ours = {name: value for name, value in sent.items() if name in named}
    varying = ("Content-Security-Policy", "Cache-Control")
    assert set(named) == set(ours)
    assert {n: v for n, v in named.items() if n not in varying} == {
        n: v for n, v in ours.items() if n not in varying
    }
    assert all(f'"{life}";' in NGINX for life in (page.FOREVER, page.NEVER))


def test_the_deployment_and_the_gateway_fill_every_hole_of_the_policy() -> None:
    documents = yaml.safe_load_all((ROOT / "knative/web/web.yaml").read_text())
    deployment = next(document for document in documents if document["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert HOLES == {variable["name"] for variable in container["env"]} != set()
    filled = set(re.findall(r'"([A-Z_]+)": \w+', (ROOT / "knative/local/__main__.py").read_text()))
    assert filled >= HOLES


def test_the_policy_allows_no_inline_script_and_no_stranger() -> None:
    assert "unsafe" not in POLICY
    served = POLICY[POLICY.index("const directives") :]
    assert '"default-src": "\'none\'"' in served
    assert '"script-src": "\'self\'"' in served
