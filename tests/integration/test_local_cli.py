"""`python -m knative.local check` and `status`: what a person sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from tests.fix_runtime import ROOT, Runtime, broker, service, trigger


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "knative.local", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_check_lists_every_fault_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(
        yaml.safe_dump_all([broker(), service("echo", "f.py"), trigger("t", "echo")])
    )
    good = command("check", "--manifests", str(tmp_path))
    assert (good.returncode, good.stdout.splitlines()[-1]) == (
        0, "1 services, 1 brokers, 1 triggers, 0 ping sources, 0 routes: all honoured"
    )  # fmt: skip
    (tmp_path / "wrong.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: v1\nkind: Pod\n"
    )
    wrong = command("check", "--manifests", str(tmp_path))
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines() == [
        f"{tmp_path}/wrong.yaml:1: apps/v1 Deployment is not a kind that runs on one machine",
        f"{tmp_path}/wrong.yaml:4: v1 Pod is not a kind that runs on one machine",
        "refused: 2 fault(s)",
    ]


def test_status_shows_what_runs_and_waits(runtime: Runtime) -> None:
    runtime.start(service("echo", str(runtime.function)), broker(), trigger("t", "echo"))
    seen = command("status", "--broker-port", str(runtime.broker_port))
    assert seen.returncode == 0
    assert "echo" in seen.stdout
    assert "0 waiting" in seen.stdout
    assert "0 undeliverable" in seen.stdout
    runtime.stop()
    assert command("status", "--broker-port", str(runtime.broker_port)).returncode == 1
