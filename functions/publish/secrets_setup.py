"""OpenBao for one machine: `python -m functions.publish.secrets_setup …` makes it ready; again changes nothing.

  prepare DATA PORT    writes DATA/config.hcl and the key that unseals it at every start (DATA/seal.key, mode 600);
                       then run `bao server -config=DATA/config.hcl`
  setup DATA PORT      on the running server: initialises it once, KV version 2 at `secret/`, the policy that reads channels only, the
                       AppRole `acervo-publish`; leaves DATA/{root-token,role-id,secret-id}, mode 600
  put DATA PORT TYPE ID   stores the JSON object on stdin as the secret of a channel

In a cluster the platform team does the same on its Vault, with Kubernetes auth in the place of the AppRole.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

ROLE, START_S, CALL_S = "acervo-publish", 60, 60  # a first start writes and syncs a lot
POLICY = 'path "secret/data/channels/*" { capabilities = ["read"] }\npath "auth/token/renew-self" { capabilities = ["update"] }\n'


def write_private(file: Path, data: bytes) -> None:
    """A file that only its owner can read, replaced as a whole."""
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)


def prepare(data: Path, port: int) -> Path:
    """The configuration's path; the seal's key is made once."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = data / "seal.key"
    if not key.exists():
        write_private(key, secrets.token_bytes(32))
    config = data / "config.hcl"
    text = f"""\
ui = false
storage "raft" {{
  path    = {json.dumps(str(data / "raft"))}
  node_id = "one"
}}
listener "tcp" {{
  address     = "127.0.0.1:{port}"
  tls_disable = true
}}
seal "static" {{
  current_key_id = "1"
  current_key    = {json.dumps("file://" + str(key))}
}}
api_addr     = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{port + 1}"
"""
    (data / "raft").mkdir(exist_ok=True, mode=0o700)
    if not config.exists() or config.read_text() != text:
        write_private(config, text.encode())
    return config


class TokenLost(Exception):
    """The server was initialised and its answer never arrived: nothing can be in it, and nobody can open it."""


class Bao:
    """The admin's side of the API."""

    def __init__(self, address: str, token: str = "") -> None:
        self._http = httpx.Client(base_url=address, timeout=CALL_S)
        self._token = token

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(
            method, f"/v1/{path}", json=body, headers={"X-Vault-Token": self._token} if self._token else {}
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def wait(self) -> dict[str, Any]:
        """What /sys/init says, once the server answers."""
        for attempt in Retrying(
            retry=retry_if_exception_type(httpx.TransportError),
            stop=stop_after_delay(START_S),
            wait=wait_fixed(0.1),
            reraise=True,
        ):
            with attempt:
                return dict(self.call("GET", "sys/init"))
        raise AssertionError  # Retrying returns or raises

    def wait_unsealed(self) -> None:
        for attempt in Retrying(
            retry=retry_if_exception_type(httpx.HTTPError),
            stop=stop_after_delay(START_S),
            wait=wait_fixed(0.1),
            reraise=True,
        ):
            with attempt:
                self._http.get("/v1/sys/health").raise_for_status()


def setup(data: Path, port: int) -> None:
    """Everything that the function needs of a running server."""
    address = f"http://127.0.0.1:{port}"
    first = Bao(address)
    if not first.wait()["initialized"]:
        made = first.call("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
        write_private(data / "recovery-key", made["recovery_keys_base64"][0].encode())
        write_private(data / "root-token", made["root_token"].encode())
    first.wait_unsealed()
    first.close()
    if not (data / "root-token").exists():
        raise TokenLost(f"{data}: initialised without a root token; remove {data / 'raft'} and start again")
    bao = Bao(address, (data / "root-token").read_text())
    if "secret/" not in bao.call("GET", "sys/mounts")["data"]:
        bao.call("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    bao.call("PUT", f"sys/policies/acl/{ROLE}", {"policy": POLICY})
    if "approle/" not in bao.call("GET", "sys/auth")["data"]:
        bao.call("POST", "sys/auth/approle", {"type": "approle"})
    role = {
        "token_policies": [ROLE],
        "token_ttl": "20m",
        "token_max_ttl": "4h",
        "secret_id_ttl": "0",
        "token_no_default_policy": True,
    }
    bao.call("POST", f"auth/approle/role/{ROLE}", role)
    write_private(
        data / "role-id", bao.call("GET", f"auth/approle/role/{ROLE}/role-id")["data"]["role_id"].encode()
    )
    if not (data / "secret-id").exists():
        write_private(
            data / "secret-id",
            bao.call("POST", f"auth/approle/role/{ROLE}/secret-id")["data"]["secret_id"].encode(),
        )
    bao.close()


def put(data: Path, port: int, type_: str, channel_id: str, values: dict[str, str]) -> int:
    """The version of the secret that was written."""
    bao = Bao(f"http://127.0.0.1:{port}", (data / "root-token").read_text())
    written = bao.call("POST", f"secret/data/channels/{type_}/{channel_id}", {"data": values})
    bao.close()
    return int(written["data"]["version"])


def main(words: list[str]) -> int:
    match words:
        case ["prepare", data, port]:
            sys.stdout.write(f"{prepare(Path(data).absolute(), int(port))}\n")
        case ["setup", data, port]:
            setup(Path(data).absolute(), int(port))
        case ["put", data, port, type_, channel_id]:
            version = put(Path(data).absolute(), int(port), type_, channel_id, json.load(sys.stdin))
            sys.stdout.write(f"secret/channels/{type_}/{channel_id} version {version}\n")
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
