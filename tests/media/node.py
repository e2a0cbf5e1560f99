"""Players and parsers that others wrote: node scripts in `player/`, installed once with `npm ci`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PLAYER = Path(__file__).parent / "player"
INSTALL_S, RUN_S = 180, 60


def missing(what: str) -> None:
    """A part that is not there: skipped on a laptop, a failure where everything should be."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def installed() -> Path:
    """The folder of the scripts, with their packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("node and npm are not installed")
    if not (PLAYER / "node_modules" / ".package-lock.json").exists():
        done = subprocess.run(["npm", "ci", "--no-progress"], cwd=PLAYER, capture_output=True, timeout=INSTALL_S, check=False)  # fmt: skip
        if done.returncode:
            missing(f"npm ci failed: {done.stderr.decode()[-300:]}")
    return PLAYER


def run(script: str, *arguments: str) -> Any:
    """The JSON that a script prints."""
    done = subprocess.run(
        ["node", script, *arguments], cwd=installed(), capture_output=True, timeout=RUN_S, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def chromium() -> str:
    """The browser's program."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("there is no Chromium: install it, or name it in CHROMIUM")
    assert found
    return found
