"""`acervo audit`: search, export and check the audit log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.session import api

app = typer.Typer(no_args_is_help=True, help="The audit log, for administrators.")
Who = Annotated[str | None, typer.Option(help="user:<subject>")]
What = Annotated[str | None, typer.Option(help="edit, download, view, …")]
Asset = Annotated[str | None, typer.Option(help="An asset's id.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")]


def _filter(who: str | None, what: str | None, asset: str | None, since: datetime | None) -> dict[str, Any]:
    when = None if since is None else since.isoformat() + "Z"
    return {"who": who, "what": what, "asset_id": asset, "since": when}


@app.command()
def search(
    who: Who = None,
    what: What = None,
    asset: Asset = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Who did what, newest first."""
    rows: list[dict[str, Any]] = []
    with api() as known:
        for row in known.pages("/audit", **_filter(who, what, asset, since), limit=min(limit, 500)):
            rows.append(row)
            if len(rows) == limit:
                break
    if as_json:
        output.json(rows)
        return
    made = output.table("at", "who", "what", "result", "asset", "from")
    for row in rows:
        made.add_row(
            row["at"][:19],
            row["who"],
            row["what"],
            row["result"],
            row["asset_id"] or "",
            row["from_where"] or "",
        )
    output.out.print(made)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="A file; its name ends in .jsonl or .csv.")],
    who: Who = None,
    what: What = None,
    asset: Asset = None,
    since: Since = None,
) -> None:
    """The audit log as a file."""
    kind = target.suffix.removeprefix(".")
    if kind not in ("jsonl", "csv"):
        raise typer.BadParameter("the name has to end in .jsonl or .csv")
    new = target.with_name(target.name + ".part")
    with api() as known, new.open("wb") as out:
        for block in known.stream("/audit/export", **_filter(who, what, asset, since), format=kind):
            out.write(block)
    new.replace(target)
    output.out.print(str(target), markup=False, soft_wrap=True)


@app.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="The last seal of an earlier check: the log has to contain it.")
    ] = None,
) -> None:
    """Check that nobody has changed the log. Note the last seal elsewhere: it shows whether the whole chain was made anew."""
    seals = rows = 0
    cursor: str | None = None
    with api() as known:
        while True:
            found = known.get("/audit/verify", cursor=cursor, expect=head)
            seals, rows, cursor = seals + found["seals"], rows + found["rows"], found["next_cursor"]
            if not found["whole"]:
                output.err.print(f"seal {found['broken_seal']}: {found['detail']}", style="red", markup=False)
                raise typer.Exit(1)
            if not found["contains"]:
                output.err.print("that seal is not in the log: its chain was made anew", style="red")
                raise typer.Exit(1)
            if cursor is None:
                break
    last = found["head"] or "none yet"
    output.out.print(f"whole: {rows} rows under {seals} seals, the last one is {last}", soft_wrap=True)
