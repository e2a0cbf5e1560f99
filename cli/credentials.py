"""A channel's secret, written to Vault's KV version 2 with the token of whoever runs the command; the API never sees it.

`VAULT_ADDR`, `VAULT_TOKEN`, `VAULT_CACERT`, as Vault's own command line has them; `VAULT_MOUNT` (secret).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import typer

TIMEOUT_S = 15


def check(type_: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raises BadParameter for names that the type does not know, and when no set of them is whole; values are not shown."""
    known = {one["name"] for one in type_["credentials"]}
    if strange := sorted(set(values) - known):
        raise typer.BadParameter(f"{type_['type']} knows no {', '.join(strange)}")
    if any(not isinstance(value, str) for value in values.values()):
        raise typer.BadParameter("every credential is text")
    given = {name for name, value in values.items() if value}
    sets = [set(names) for names in type_["credential_sets"]]
    if sets and not any(names <= given for names in sets):
        wanted = " or ".join(" and ".join(names) for names in type_["credential_sets"])
        raise typer.BadParameter(f"{type_['type']} wants {wanted}")


def put(type_: str, channel_id: str, values: Mapping[str, str]) -> int:
    """The version that was written. Raises BadParameter with what Vault says, never with what it was told."""
    address, token = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN")
    if not address or not token:
        raise typer.BadParameter("set VAULT_ADDR and VAULT_TOKEN")
    ca_file = os.environ.get("VAULT_CACERT")
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    path = f"{os.environ.get('VAULT_MOUNT', 'secret')}/data/channels/{quote(type_, safe='')}/{quote(channel_id, safe='')}"
    try:
        answer = httpx.post(
            f"{address.rstrip('/')}/v1/{path}", json={"data": dict(values)}, headers={"X-Vault-Token": token}, timeout=TIMEOUT_S, verify=verify
        )  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise typer.BadParameter(f"Vault does not answer ({type(fault).__name__})") from None
    if not answer.is_success:
        raise typer.BadParameter(f"Vault answered {answer.status_code} to writing {path}")
    return int(answer.json()["data"]["version"])
