"""`acervo rules`: what publishes by itself. A rule is made switched off, looked at dry, then switched on."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli import output
from cli.client import Api
from cli.session import api

app = typer.Typer(no_args_is_help=True, help="Rules that publish by themselves.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RuleId = Annotated[str, typer.Argument(help="The rule's id.")]
MOST_SHOWN = 50


@app.command(name="ls")
def list_rules(
    project: Annotated[str, typer.Argument(help="The project's id.")], as_json: AsJson = False
) -> None:
    """The rules of a project."""
    with api() as known:
        rows = list(known.pages("/publication-rules", project=project))
    if as_json:
        output.json(rows)
        return
    made = output.table("id", "name", "tag", "kind", "channel", "profile", "state")
    for row in rows:
        made.add_row(
            row["id"], row["name"], row["tag"] or "any", row["kind"] or "any", row["channel_id"], row["profile"] or "",
            "on" if row["enabled"] else "off",
        )  # fmt: skip
    output.out.print(made)


@app.command()
def make(
    project: Annotated[str, typer.Argument(help="The project's id.")],
    channel: Annotated[str, typer.Argument(help="The channel's id.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    tag: Annotated[str | None, typer.Option(help="Only assets with this keyword.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only video, audio or image.")] = None,
    profile: Annotated[str | None, typer.Option(help="A rendition other than the channel's own.")] = None,
) -> None:
    """Make a rule, switched off, and show what it would publish."""
    body = {
        "name": name,
        "project_id": project,
        "channel_id": channel,
        "tag": tag,
        "kind": kind,
        "profile": profile,
    }
    with api() as known:
        made = known.post("/publication-rules", {k: v for k, v in body.items() if v is not None})
        output.out.print(made["id"], markup=False)
        _show(known, made["id"])


@app.command(name="dry-run")
def dry_run(rule: RuleId, as_json: AsJson = False) -> None:
    """What it would publish of what is there already, and what rights forbid."""
    with api() as known:
        if as_json:
            output.json(list(known.pages(f"/publication-rules/{quote(rule, safe='')}/matches", limit=200)))
        else:
            _show(known, rule)


@app.command()
def on(rule: RuleId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Switch a rule on, after showing what it means. It acts on assets that become ready or change from now on."""
    with api() as known:
        _show(known, rule)
        if not yes:
            typer.confirm("Switch it on?", abort=True)
        _switch(known, rule, enabled=True)


@app.command()
def off(rule: RuleId) -> None:
    """Switch a rule off; what it has published stays."""
    with api() as known:
        _switch(known, rule, enabled=False)


@app.command(name="rm")
def remove(rule: RuleId) -> None:
    """Delete a rule; what it has published stays."""
    with api() as known:
        known.delete(f"/publication-rules/{quote(rule, safe='')}")


def _switch(known: Api, rule: str, enabled: bool) -> None:
    path = f"/publication-rules/{quote(rule, safe='')}"
    row = known.get(path)
    names = ("name", "channel_id", "project_id", "tag", "kind", "profile", "metadata")
    known.put(path, {**{name: row[name] for name in names}, "enabled": enabled})


def _show(known: Api, rule: str) -> None:
    rows: list[dict[str, Any]] = list(
        islice(
            known.pages(f"/publication-rules/{quote(rule, safe='')}/matches", limit=MOST_SHOWN + 1),
            MOST_SHOWN + 1,
        )
    )
    made = output.table("asset", "name", "kind", "would")
    for row in rows[:MOST_SHOWN]:
        would = "be published" if row["allowed"] else f"not: {'; '.join(row['reasons'])}"
        made.add_row(row["asset_id"], row["name"], row["kind"] or "", would)
    output.out.print(made)
    if len(rows) > MOST_SHOWN:
        output.out.print("… and more (--json shows all)")
