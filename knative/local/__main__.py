"""`python -m knative.local serve | check | status`: Knative for one machine. A development runtime: what it does not honour, it refuses."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from knative.local.broker.queue import AlreadyServed
from knative.local.documents import Refused
from knative.local.manifests import read_manifests
from knative.local.page import Page
from knative.local.plan import Plan
from knative.local.planning import build_plan
from knative.local.runtime import Options, run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Manifests = Annotated[
    list[Path], typer.Option("--manifests", help="A folder or file of manifests; may be repeated.")
]
Configs = Annotated[
    list[Path] | None, typer.Option("--config", help="A file of ConfigMaps and Secrets; may be repeated.")
]
Externals = Annotated[
    list[str] | None,
    typer.Option("--external", help="NAME=URL: a plain Service that routes name; may be repeated."),
]
BrokerPort = Annotated[int, typer.Option(help="Port of the broker's ingress, /metrics and /status.")]


def _plan(
    manifests: list[Path], config: list[Path] | None, external: list[str] | None, broker_port: int
) -> Plan:
    externals = dict(item.split("=", 1) for item in external or [] if "=" in item)
    try:
        read = read_manifests([*manifests, *(config or [])])
        return build_plan(read, f"http://127.0.0.1:{broker_port}", externals)
    except Refused as refused:
        for fault in refused.faults:
            typer.echo(str(fault), err=True)
        typer.echo(f"refused: {len(refused.faults)} fault(s)", err=True)
        raise typer.Exit(2) from None


def _report(plan: Plan) -> None:
    """What is accepted and not enforced, by field."""
    fields = Counter(re.sub(r"\[\d+\]", "[]", notice.split(": ", 1)[1]) for notice in plan.notices)
    for text, count in fields.items():
        typer.echo(f"{text} ({count} place{'s' if count > 1 else ''})")


@app.command()
def check(
    manifests: Manifests, config: Configs = None, external: Externals = None, broker_port: BrokerPort = 8082
) -> None:
    """Read the manifests, list every fault with file and line, start nothing."""
    plan = _plan(manifests, config, external, broker_port)
    _report(plan)
    typer.echo(
        f"{len(plan.revisions)} services, {len(plan.brokers)} brokers, {len(plan.triggers)} triggers, "
        f"{len(plan.pings)} ping sources, {len(plan.routes)} routes: all honoured"
    )


@app.command()
def serve(
    manifests: Manifests,
    database_url: Annotated[
        str, typer.Option(envvar="DATABASE_URL", help="PostgreSQL; the queue lives in its schema `knative`.")
    ],
    data_dir: Annotated[Path, typer.Option(help="Where logs go.")],
    config: Configs = None,
    external: Externals = None,
    broker_port: BrokerPort = 8082,
    gateway_port: Annotated[int, typer.Option(help="Port of the one origin.")] = 8080,
    host: Annotated[str, typer.Option(help="Address of the gateway.")] = "127.0.0.1",
    static: Annotated[Path | None, typer.Option(help="The built page.")] = None,
    object_store: Annotated[str, typer.Option(help="Where presigned URLs lead, for the page's policy.")] = "",
    issuer: Annotated[str, typer.Option(help="Who signs people in, for the page's policy.")] = "",
    max_instances: Annotated[
        int, typer.Option(help="Most instances of one service, whatever its manifest allows.")
    ] = max(2, os.cpu_count() or 2),
    grace: Annotated[
        float, typer.Option(help="Seconds that running work gets when the runtime stops.")
    ] = 10.0,
) -> None:
    """Serve in the foreground until SIGTERM. `ACERVO_FORK_SERVER=0` starts each instance in a fresh interpreter."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    plan = _plan(manifests, config, external, broker_port)
    _report(plan)
    for revision in plan.revisions:
        most = revision.scaling.max_scale
        if not 0 < most <= max_instances:
            typer.echo(f"{revision.name}: max-scale {most or 'unlimited'} is {max_instances} on this machine")
    options = Options(
        database_url=database_url,
        gateway_port=gateway_port,
        broker_port=broker_port,
        data_dir=data_dir.resolve(),
        root=Path.cwd(),
        page=Page(static.resolve(), {"OBJECT_STORE": object_store, "OIDC_ISSUER": issuer})
        if static
        else None,
        host=host,
        fork_server=os.environ.get("ACERVO_FORK_SERVER", "1") != "0",
        max_instances=max_instances,
        grace_s=grace,
    )
    asyncio.run(_serve(plan, options))


async def _serve(plan: Plan, options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run(plan, options, stop)
    except AlreadyServed as fault:
        typer.echo(f"refused: {fault}", err=True)
        raise typer.Exit(3) from None


@app.command()
def status(broker_port: BrokerPort = 8082) -> None:
    """What runs, what waits, what failed."""
    url = f"http://127.0.0.1:{broker_port}/status"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # our own address
            _print(json.load(response))
    except urllib.error.URLError as fault:
        typer.echo(f"nothing answers at {url}: {fault.reason}", err=True)
        raise typer.Exit(1) from None


def _print(state: dict[str, Any]) -> None:
    for service in state["services"]:
        ready = sum(instance["state"] == "ready" for instance in service["instances"])
        typer.echo(
            f"{service['service']:<24} {service['state']:<16} {ready} ready, {service['requests']} requests"
        )
        if service["last_error"]:
            typer.echo(f"{'':<24} {service['last_error']}")
    for trigger in state["triggers"]:
        typer.echo(
            f"{trigger['trigger']:<40} {trigger['waiting']} waiting, oldest {trigger['oldest_s']:.1f} s"
        )
    typer.echo(f"{state['undeliverable']} undeliverable")


if __name__ == "__main__":
    app()
