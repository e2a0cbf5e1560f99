"""`acervo project credentials`: keys with which S3 clients drop files into a project, for administrators."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from cli import output
from cli.session import api

app = typer.Typer(
    no_args_is_help=True, help="Keys for rclone, aws and other S3 clients that drop files into a project."
)
ProjectId = Annotated[str, typer.Argument(help="The project's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def make(
    project_id: ProjectId,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    as_json: AsJson = False,
) -> None:
    """Make a key; its secret is printed now and never again."""
    with api() as known:
        made = known.post(f"/projects/{quote(project_id)}/s3-credentials", {"name": name})
    if as_json:
        output.json(made)
        return
    lines = {
        "AWS_ACCESS_KEY_ID": made["access_key"],
        "AWS_SECRET_ACCESS_KEY": made["secret_key"],
        "AWS_ENDPOINT_URL": made["endpoint"],
        "AWS_REGION": made["region"],
    }
    for variable, value in lines.items():
        output.out.print(f"{variable}={value}", markup=False, soft_wrap=True)
    output.err.print(f"puts objects into {made['bucket']}/{made['prefix']}, nowhere else", markup=False)


@app.command(name="ls")
def list_credentials(project_id: ProjectId, as_json: AsJson = False) -> None:
    """The project's keys, newest first, revoked ones too."""
    with api() as known:
        rows = list(known.pages(f"/projects/{quote(project_id)}/s3-credentials"))
    if as_json:
        output.json(rows)
        return
    made = output.table("id", "name", "state", "key", "by", "made at")
    for row in rows:
        made.add_row(
            row["id"],
            row["name"],
            row["state"],
            row["access_key"] or "",
            row["created_by"],
            row["created_at"][:19],
        )
    output.out.print(made)


@app.command()
def revoke(
    project_id: ProjectId, credential_id: Annotated[str, typer.Argument(help="The key's id.")]
) -> None:
    """The key is refused from now on."""
    with api() as known:
        known.delete(f"/projects/{quote(project_id)}/s3-credentials/{quote(credential_id)}")
