"""How this function gets into Vault. A file of its own: settings are read before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass

from acervo import settings


@dataclass(frozen=True, kw_only=True)
class VaultSettings:
    address: str = settings.variable("VAULT_ADDR", "")
    auth: str = settings.variable("VAULT_AUTH", "kubernetes")  # or approle
    mount: str = settings.variable("VAULT_MOUNT", "secret")
    role: str = settings.variable("VAULT_ROLE", "acervo-publish")
    role_id: str = settings.variable("VAULT_ROLE_ID", "")
    secret_id: str = settings.variable("VAULT_SECRET_ID", "")
    token_file: str = settings.variable(
        "VAULT_K8S_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token"
    )
    ca_file: str = settings.variable("VAULT_CACERT", "")
