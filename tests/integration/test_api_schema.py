"""The API is what its OpenAPI document says: schemathesis, with every check, examples, edges, fuzzing and sequences of calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fix_api import Api
from tests.integration.test_api_publications import CHANNEL

ROOT = Path(__file__).parents[2]
LIMIT_S = 300
EXAMPLES = os.environ.get("API_SCHEMA_EXAMPLES", "2")


@pytest.mark.slow
def test_every_operation_keeps_to_the_document(api: Api, tmp_path: Path) -> None:
    admin = api.client("admin")
    admin.put("/channels/web-main", json=CHANNEL)
    token = admin.headers["authorization"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    # one worker: schemathesis parses Python, which two threads of Python 3.11 cannot do at once (python/cpython#106905)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run", f"{api.url}/api/v1/openapi.json",
        "--header", f"Authorization: {token}", "--checks", "all", "--max-examples", EXAMPLES, "--workers", "1", "--generation-deterministic",
        "--no-color", "--request-timeout", "10", "--suppress-health-check", "all", "--continue-on-failure",
        "--exclude-operation-id-regex", "^progress_",  # streams last as long as what they tell of
    ]  # fmt: skip
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    Path(os.environ.get("API_SCHEMA_LOG", os.devnull)).write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


# 304, 409, 412: as things stand; 413: the quota of a project is used up
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 401, 403, 404, 409, 412, 413]

# what they name has to be there, and a day has to be one: no schema says that
[[operations]]
include-operation-id-regex = "^(publications_publish|publication_rules_.*|channels_set_channel|channels_edit_channel|assets_put_link|assets_edit|assets_bulk_edit|ondemand_order)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", 304, 401, 403, 404, 409, 412, 413, 422]
"""
