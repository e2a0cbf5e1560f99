"""What one machine runs, and where: the only place where ports and paths are computed. No effects, but for new secrets.

Everything lies under one data directory; ports are counted from one base (ARCHITECTURE.md, "One machine").
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from knative.local.postgres import Postgres
from rgw.config import Config as Ceph

ROOT = Path(__file__).parent.parent.parent
MANIFESTS = ("knative/services", "knative/routes", "eventing")
AUDIENCE = "urn:acervo:api"
PORTS = 41  # base … base+40
USERS = {
    "editora": {"name": "Eva Editora", "roles": ["editor"], "groups": ["noticias"]},
    "archivista": {"name": "Ariel Archivista", "roles": ["archivist"], "groups": ["noticias", "deportes"]},
    "admin": {"name": "Ada Admin", "roles": ["admin"], "groups": []},
}
MACHINE = {"client_id": "cms", "roles": ["editor"], "groups": ["noticias", "deportes"]}


@dataclass(frozen=True)
class Stack:
    """One platform on this machine."""

    data: Path
    port: int = 8080
    models: Path = ROOT / ".cache" / "models"
    reconcile_grace_s: int = 120

    @classmethod
    def from_environment(cls) -> Stack:
        """`ACERVO_DATA`, `ACERVO_PORT` and `MODELS_DIR`, with their defaults."""
        return cls(
            Path(os.environ.get("ACERVO_DATA") or ROOT / ".acervo").resolve(),
            int(os.environ.get("ACERVO_PORT") or 8080),
            Path(os.environ.get("MODELS_DIR") or ROOT / ".cache" / "models").resolve(),
        )

    # -- addresses ----------------------------------------------------------------------------------------------------
    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.origin}/oidc"

    @property
    def rgw_port(self) -> int:
        return self.port + 1

    @property
    def broker_port(self) -> int:
        return self.port + 2

    @property
    def broker(self) -> str:
        return f"http://127.0.0.1:{self.broker_port}/default/default"

    @property
    def oidc_port(self) -> int:
        return self.port + 4

    @property
    def bridge_port(self) -> int:
        return self.port + 5

    @property
    def vault_port(self) -> int:
        return self.port + 6

    @property
    def logs(self) -> Path:
        return self.data / "log"

    # -- parts --------------------------------------------------------------------------------------------------------
    @property
    def ceph(self) -> Ceph:
        return Ceph(
            self.data / "ceph",
            self.rgw_port,
            self.port,
            self.secret("objects-access-key"),
            self.secret("objects-secret-key"),
            self.secret("objects-admin-access-key"),
            self.secret("objects-admin-secret-key"),
        )

    @property
    def postgres(self) -> Postgres:
        return Postgres(self.data / "postgres", self.port + 3, self.secret("database-password"))

    # -- secrets: made once, kept with mode 600 -----------------------------------------------------------------------
    @cached_property
    def _secrets(self) -> dict[str, str]:
        file = self.data / "generated.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        made = {
            "objects-access-key": secrets.token_hex(10).upper(),
            "objects-secret-key": secrets.token_urlsafe(30),
            "objects-admin-access-key": secrets.token_hex(10).upper(),
            "objects-admin-secret-key": secrets.token_urlsafe(30),
            "database-password": secrets.token_hex(16),
            "stream-secret": secrets.token_urlsafe(32),
            "cms-client-secret": secrets.token_urlsafe(32),
            **{f"password-{user}": secrets.token_urlsafe(9) for user in USERS},
            **known,  # what came with a later version is added to what is there
        }
        if made != known:
            write_private(file, json.dumps(made, indent=2))
        return made

    def secret(self, name: str) -> str:
        return self._secrets[name]

    # -- what the runtime and the provider read -----------------------------------------------------------------------
    def config_map(self) -> dict[str, str]:
        """The ConfigMap `acervo`, as a cluster's overlay has it too."""
        return {
            "s3-endpoint": f"http://127.0.0.1:{self.rgw_port}",
            "s3-public-endpoint": f"http://localhost:{self.rgw_port}",
            "s3-region": "default",
            "s3-credentials-on-open-gateway": "true",  # there is only one gateway here
            "public-url": self.origin,
            "oidc-issuer": self.issuer,
            "oidc-jwks-url": f"http://127.0.0.1:{self.oidc_port}/oidc/jwks",
            "oidc-audience": AUDIENCE,
            "oidc-roles-claim": "roles",
            "oidc-groups-claim": "groups",
            "vault-addr": f"http://127.0.0.1:{self.vault_port}",
            "vault-auth": "approle",
            "reconcile-grace-s": str(self.reconcile_grace_s),
            "search-index-dir": str(self.data / "search"),
            "models-dir": str(self.models),
        }

    def secret_manifests(self) -> dict[str, dict[str, str]]:
        """Kubernetes Secrets by name."""
        return {
            "acervo-database": {"url": self.postgres.url},
            "acervo-objects": {
                "access-key": self.secret("objects-access-key"),
                "secret-key": self.secret("objects-secret-key"),
            },
            "acervo-objects-admin": {
                "access-key": self.secret("objects-admin-access-key"),
                "secret-key": self.secret("objects-admin-secret-key"),
            },
            "acervo-api": {"stream-secret": self.secret("stream-secret")},
            "acervo-vault": {name: self._vault_file(name) for name in ("role-id", "secret-id")},
        }

    @property
    def vault(self) -> Path:
        """Where OpenBao keeps its data, and functions/publish/secrets_setup.py the AppRole that it made."""
        return self.data / "bao"

    def _vault_file(self, name: str) -> str:
        file = self.vault / name
        return file.read_text() if file.exists() else "not made yet"

    def users(self) -> list[dict[str, Any]]:
        """The seeded people, with their passwords."""
        return [
            {"username": user, "password": self.secret(f"password-{user}"), **known}
            for user, known in USERS.items()
        ]

    def machine_client(self) -> dict[str, Any]:
        return {**MACHINE, "client_secret": self.secret("cms-client-secret")}


def manifest_files() -> list[Path]:
    """Every manifest of the platform; how a cluster puts them together (kustomization) is not for one machine."""
    return [
        file
        for folder in MANIFESTS
        for file in sorted((ROOT / folder).rglob("*.yaml"))
        if file.name != "kustomization.yaml"
    ]


def write_private(file: Path, text: str) -> None:
    """A file that only its owner can read, replaced as a whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    new.replace(file)


def as_yaml(documents: list[dict[str, Any]]) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
