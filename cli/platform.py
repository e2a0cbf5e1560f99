"""`acervo letters` and `acervo project`: what the platform team does by hand."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from cli import output
from cli.session import api

letters = typer.Typer(no_args_is_help=True, help="Dead letters, for the platform team.")
project = typer.Typer(no_args_is_help=True, help="Projects and their members, for administrators.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProjectId = Annotated[str, typer.Argument(help="The project's id.")]


@letters.command(name="ls")
def list_letters(
    replayed: Annotated[bool, typer.Option(help="Those that were replayed, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Dead letters, newest first."""
    with api() as known:
        rows = list(known.pages("/dead-letters", waiting=str(not replayed).lower()))
    if as_json:
        output.json(rows)
        return
    made = output.table("id", "type", "to", "code", "answer")
    for row in rows:
        made.add_row(
            str(row["id"]),
            row["event_type"],
            row["destination"] or "",
            str(row["code"] or ""),
            (row["answer"] or "")[:80],
        )
    output.out.print(made)


@letters.command()
def replay(
    number: Annotated[int | None, typer.Argument(help="One letter; without it all that fit.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only events of this type.")] = None,
    to: Annotated[str | None, typer.Option(help="Only those for this destination.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=200, help="Letters a second.")] = 20,
) -> None:
    """Send dead letters again: one, those of a type or destination, or all."""
    with api() as known:
        if number is not None:
            known.post(f"/dead-letters/{number}/replay")
            return
        total = 0
        while True:
            wanted = {
                "event_type": type_,
                "destination": to,
                "per_second": rate,
                "limit": max(1, int(rate * 15)),
            }
            answer = known.post("/dead-letters/replay", {k: v for k, v in wanted.items() if v is not None})
            total += answer["replayed"]
            if not answer["left"] or not answer["replayed"]:
                break
    output.out.print(f"{total} sent again, {answer['left']} left")


@project.command()
def make(project_id: ProjectId, name: Annotated[str, typer.Argument(help="What people call it.")]) -> None:
    """Make a project."""
    with api() as known:
        known.post("/projects", {"id": project_id, "name": name})


@project.command()
def members(project_id: ProjectId, as_json: AsJson = False) -> None:
    """Who is a member."""
    with api() as known:
        rows = list(known.pages(f"/projects/{quote(project_id)}/members"))
    if as_json:
        output.json(rows)
        return
    for row in rows:
        output.out.print(row["principal"], markup=False)


@project.command()
def add(
    project_id: ProjectId, principal: Annotated[str, typer.Argument(help="user:<subject> or group:<name>")]
) -> None:
    """Make somebody a member."""
    with api() as known:
        known.put(f"/projects/{quote(project_id)}/members/{quote(principal)}")


@project.command()
def remove(
    project_id: ProjectId, principal: Annotated[str, typer.Argument(help="user:<subject> or group:<name>")]
) -> None:
    """End a membership."""
    with api() as known:
        known.delete(f"/projects/{quote(project_id)}/members/{quote(principal)}")
