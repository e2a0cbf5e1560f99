"""`python -m rgw`: the one-machine Ceph, the declaration, the bridge and the sweep, from a shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from acervo.events import to_binary
from acervo.settings import SettingsError, read

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

DECLARATION = Path(__file__).parent.parent / "buckets.yaml"

Data = Annotated[Path, typer.Option(envvar="CEPH_DATA", help="Data directory of the one-machine Ceph.")]
Port = Annotated[int, typer.Option(envvar="CEPH_RGW_PORT", help="Port of the gateway.")]
Base = Annotated[
    int, typer.Option(envvar="CEPH_BASE_PORT", help="Monitor at base+10 and +11, messengers to base+40.")
]
Endpoint = Annotated[str, typer.Option(envvar="S3_ENDPOINT", help="The gateway.")]
Region = Annotated[str, typer.Option(envvar="S3_REGION")]
AccessKey = Annotated[str, typer.Option(envvar="S3_ACCESS_KEY", show_default=False)]
SecretKey = Annotated[str, typer.Option(envvar="S3_SECRET_KEY", show_default=False)]


def _fail(fault: Exception) -> NoReturn:
    typer.echo(str(fault), err=True)
    raise typer.Exit(1)


def _config(data: Path, port: int, base: int, access_key: str, secret_key: str) -> Any:
    from rgw.config import Config

    return Config(data.absolute(), port, base, access_key, secret_key)


def _guarded(work: Callable[[], Any]) -> Any:
    from rgw.daemons import ClusterError

    try:
        return work()
    except ClusterError as fault:
        _fail(fault)


@app.command()
def prepare(
    data: Data, access_key: AccessKey, secret_key: SecretKey, port: Port = 8081, base: Base = 8080
) -> None:
    """Make the data directory ready for its daemons. Again is free."""
    from rgw import cluster

    changed = _guarded(lambda: cluster.prepare(_config(data, port, base, access_key, secret_key)))
    typer.echo("prepared" if changed else "nothing to do")


@app.command()
def run(daemon: Annotated[str, typer.Argument(help="mon, osd or rgw")], data: Data) -> None:
    """Become one daemon, in the foreground, for a supervisor. The directory must be prepared."""
    from rgw import cluster
    from rgw.config import DAEMONS

    if daemon not in DAEMONS:
        raise typer.BadParameter(f"one of {', '.join(DAEMONS)}")
    config = _config(data, 0, 0, "", "")
    if not config.conf.exists():
        typer.echo(f"{data} is not prepared", err=True)
        raise typer.Exit(1)
    words = cluster.command(config, daemon)
    os.execvp(words[0], words)  # noqa: S606 - the words are ours


@app.command()
def up(
    data: Data, access_key: AccessKey, secret_key: SecretKey, port: Port = 8081, base: Base = 8080
) -> None:
    """Prepare and start, without a supervisor; returns when the gateway answers."""
    from rgw import cluster

    config = _config(data, port, base, access_key, secret_key)
    _guarded(lambda: cluster.up(config))
    typer.echo(config.endpoint)


@app.command()
def down(data: Data) -> None:
    """Stop what runs. Data stays."""
    from rgw import cluster

    stopped = _guarded(lambda: cluster.down(_config(data, 0, 0, "", "")))
    typer.echo("stopped " + ", ".join(stopped) if stopped else "nothing ran")


@app.command()
def status(data: Data) -> None:
    """Which daemons run; exit status 1 unless all do."""
    from rgw import cluster

    found = cluster.status(_config(data, 0, 0, "", ""))
    for daemon, state in found.items():
        typer.echo(
            f"{daemon}  "
            + (f"pid {state['pid']}  {state['resident_kib'] >> 10} MiB" if state["running"] else "down")
        )
    raise typer.Exit(0 if all(state["running"] for state in found.values()) else 1)


@app.command()
def provision(
    endpoint: Endpoint,
    access_key: AccessKey,
    secret_key: SecretKey,
    region: Region = "default",
    via: Annotated[
        str, typer.Option(envvar="NOTIFY_VIA", help="bridge, or broker from Ceph 17 on")
    ] = "bridge",
    notify: Annotated[str, typer.Option(envvar="NOTIFY_URL", help="Where notifications are pushed to.")] = "",
    origins: Annotated[
        str, typer.Option(envvar="CORS_ORIGINS", help="Origins of the page, split at commas.")
    ] = "",
    file: Annotated[Path, typer.Option(help="The declaration.")] = DECLARATION,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, change nothing.")
    ] = False,
) -> None:
    """Make a gateway hold what buckets.yaml declares."""
    from botocore.exceptions import BotoCoreError, ClientError

    from rgw.declaration import DeclarationError, parse
    from rgw.provision import Provision, ProvisionError
    from rgw.store import Access, connect

    env = {**os.environ, "NOTIFY_URL": notify, "CORS_ORIGINS": origins}
    access = Access(endpoint, access_key, secret_key, region)
    count = 0
    try:
        declaration = parse(file.read_text(), env)
        for change in Provision(
            connect(access), connect(access, "sns"), declaration, via, dry_run=dry_run
        ).apply():
            typer.echo(("would be " if dry_run else "") + str(change))
            count += 1
    except (DeclarationError, ProvisionError, BotoCoreError, ClientError, OSError) as fault:
        _fail(fault)
    if not count:
        typer.echo("nothing to change")


@app.command()
def bridge() -> None:
    """Take RGW notifications and deliver them to K_SINK as CloudEvents (settings: environment)."""
    from rgw.bridge.serve import run as serve
    from rgw.bridge.settings import Settings

    try:
        settings = read(Settings, os.environ)
    except SettingsError as fault:
        _fail(fault)
    serve(settings)


@app.command()
def quarantine(
    spool: Annotated[Path, typer.Option(envvar="BRIDGE_SPOOL")],
    after: Annotated[int, typer.Option(help="Page: numbers above this one.")] = 0,
    again: Annotated[list[int] | None, typer.Option(help="Numbers to deliver again.")] = None,
) -> None:
    """What the bridge set aside and why; `--again N` gives it another chance."""
    import time

    from rgw.bridge.spool import Spool

    if not spool.exists():
        raise typer.BadParameter(f"no spool at {spool}")
    store = Spool(spool, 1 << 40)
    if again:
        typer.echo(f"{store.requeue(again, time.time())} put back")
        return
    for number, reason, body, _ in store.quarantined(after):
        typer.echo(f"{number}  {reason}  {body[:120]!r}")


@app.command()
def sweep(
    endpoint: Endpoint,
    access_key: AccessKey,
    secret_key: SecretKey,
    sink: Annotated[str, typer.Option(envvar="K_SINK", help="The broker.")],
    region: Region = "default",
    bucket: Annotated[str, typer.Option(envvar="BUCKET_ARCHIVE")] = "dam-archive",
    prefix: Annotated[str, typer.Option()] = "uploads/",
    grace_s: Annotated[int, typer.Option(help="Younger objects are left alone.")] = 300,
) -> None:
    """Say every object under uploads/ once more; who has heard it before knows the event's id and ignores it."""
    import httpx

    from rgw.store import Access, connect
    from rgw.sweep import sweep as find

    count = 0
    s3 = connect(Access(endpoint, access_key, secret_key, region))
    grace = timedelta(seconds=grace_s)
    with httpx.Client(trust_env=False, timeout=30) as client:
        for event in find(s3, bucket, lambda _: (), datetime.now(UTC), prefix=prefix, grace=grace):
            headers, body = to_binary(event)
            client.post(sink, headers=headers, content=body).raise_for_status()
            count += 1
    typer.echo(f"{count} said again")


if __name__ == "__main__":
    sys.exit(app())
