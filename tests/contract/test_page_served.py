"""The page's policy has the same holes filled on one machine and in a cluster, and none that lets strangers in (the servers: test_page_nginx.py)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
POLICY = (ROOT / "web/policy.ts").read_text()
HOLES = set(re.findall(r"\$\{([A-Z_]+)\}", POLICY[POLICY.index("export const SERVED_POLICY") :]))


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
