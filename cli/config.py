"""Where the command line finds the platform, and where it keeps its own files.

`ACERVO_URL` (http://localhost:8080), `ACERVO_ISSUER` (`{url}/oidc`), `ACERVO_OIDC_CLIENT` (cli); for machines `ACERVO_CLIENT_ID` and
`ACERVO_CLIENT_SECRET`. Tokens are under `$XDG_CONFIG_HOME/acervo`, unfinished uploads under `$XDG_STATE_HOME/acervo`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """What the environment says."""

    url: str
    issuer: str
    client: str
    machine_id: str | None
    machine_secret: str | None
    tokens: Path
    uploads: Path

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> Config:
        home = Path(env.get("HOME") or Path.home())
        url = (env.get("ACERVO_URL") or "http://localhost:8080").rstrip("/")
        return cls(
            url=url,
            issuer=(env.get("ACERVO_ISSUER") or f"{url}/oidc").rstrip("/"),
            client=env.get("ACERVO_OIDC_CLIENT") or "cli",
            machine_id=env.get("ACERVO_CLIENT_ID"),
            machine_secret=env.get("ACERVO_CLIENT_SECRET"),
            tokens=Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "acervo" / "tokens.json",
            uploads=Path(env.get("XDG_STATE_HOME") or home / ".local" / "state") / "acervo" / "uploads",
        )


def read_json(file: Path) -> dict[str, Any]:
    """What a file of ours holds; nothing when it is missing or broken."""
    try:
        value = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_private(file: Path, value: Any) -> None:
    """JSON that only its owner can read, replaced as a whole."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(value, out)
    fresh.replace(file)
