"""`acervo`: the platform from a terminal, by the same API as everybody."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli import audit, channels, output, platform, publish, rules, s3_credentials
from cli import login as signing_in
from cli.client import Api
from cli.config import Config
from cli.download import download as fetch
from cli.session import api as _api
from cli.tokens import Person
from cli.upload import Stopped
from cli.upload import upload as send

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False, help=__doc__)
app.add_typer(audit.app, name="audit")
app.add_typer(platform.letters, name="letters")
platform.project.add_typer(s3_credentials.app, name="credentials")
app.add_typer(platform.project, name="project")
app.add_typer(channels.app, name="channels")
app.add_typer(rules.app, name="rules")
for command in (publish.publish, publish.publications, publish.recall):
    app.command()(command)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AssetId = Annotated[str, typer.Argument(help="The asset's id.")]


@app.command()
def login(
    device: Annotated[bool, typer.Option(help="Show a code to type on another machine.")] = False,
) -> None:
    """Sign in with the browser. Machines set ACERVO_CLIENT_ID and ACERVO_CLIENT_SECRET instead."""
    config = Config.read()
    with _api():
        if device:
            tokens = signing_in.by_device(
                config, lambda address, code: output.err.print(f"Open {address}\nand check the code {code}")
            )
        else:
            tokens = signing_in.by_browser(
                config, lambda address: output.err.print(f"Open {address}", soft_wrap=True)
            )
        Person(config).keep(tokens)
    me()


@app.command()
def logout() -> None:
    """Forget the tokens of this machine."""
    Person(Config.read()).forget()


@app.command()
def me(as_json: AsJson = False) -> None:
    """Who you are here, and what you may do."""
    with _api() as api:
        known = api.get("/me")
    if as_json:
        output.json(known)
        return
    output.out.print(
        f"{known['name']} ({known['subject']}): {', '.join(known['roles']) or 'no roles'}", markup=False
    )


@app.command()
def projects(as_json: AsJson = False) -> None:
    """Projects you may see."""
    with _api() as api:
        rows = list(api.pages("/projects"))
    if as_json:
        output.json(rows)
        return
    made = output.table("id", "name", "quota")
    for row in rows:
        made.add_row(row["id"], row["name"], output.size(row["quota_bytes"]))
    output.out.print(made)


@app.command()
def upload(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    project: Annotated[str, typer.Option("--project", "-p", help="The project's id.")],
    verify: Annotated[bool, typer.Option(help="Send the SHA-256 too: reads each file once before.")] = False,
    title: Annotated[str | None, typer.Option(help="Title of the asset.")] = None,
    as_json: AsJson = False,
) -> None:
    """Upload files in parallel parts. Interrupted? The same command goes on where it was."""
    stop = threading.Event()
    made: list[dict[str, str]] = []
    with _api() as api, output.bytes_progress() as bars:
        for file in files:
            bar = bars.add_task(file.name, total=file.stat().st_size)
            try:
                asset_id = send(
                    api, file, project, lambda sent, size, bar=bar: bars.update(bar, completed=sent, total=size),  # type: ignore[misc]  # a default binds the loop's variable
                    metadata={"title": title} if title else None, verify=verify, stop=stop,
                )  # fmt: skip
            except (KeyboardInterrupt, Stopped):
                stop.set()
                output.err.print("stopped; the same command goes on where it was")
                raise typer.Exit(130) from None
            made.append({"file": str(file), "asset_id": asset_id})
    if as_json:
        output.json(made)
        return
    for row in made:
        output.out.print(f"{row['asset_id']}  {row['file']}", markup=False, soft_wrap=True)


@app.command(name="ls")
def list_assets(
    project: Annotated[str | None, typer.Option("--project", "-p")] = None,
    kind: Annotated[str | None, typer.Option(help="video, audio or image")] = None,
    status: Annotated[str | None, typer.Option(help="uploading, processing, ready, error, rejected")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 30,
    as_json: AsJson = False,
) -> None:
    """Assets, newest first."""
    with _api() as api:
        rows: list[dict[str, Any]] = []
        for row in api.pages("/assets", project=project, kind=kind, status=status, limit=min(limit, 200)):
            rows.append(row)
            if len(rows) == limit:
                break
    if as_json:
        output.json(rows)
    else:
        output.out.print(output.assets(rows))


@app.command()
def show(asset_id: AssetId, as_json: AsJson = False) -> None:
    """One asset with renditions, jobs and the beginning of its transcript."""
    with _api() as api:
        row = api.get(f"/assets/{asset_id}")
    if as_json:
        output.json(row)
    else:
        output.asset(row)


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100)] = 10,
    as_json: AsJson = False,
) -> None:
    """Find assets by what is written about them and what is said in them, to the second."""
    with _api() as api:
        found = api.get("/search/assets", q=" ".join(words), limit=limit)
    if as_json:
        output.json(found)
        return
    for hit in found["hits"]:
        output.out.print(
            Text.assemble((hit["asset_id"], "bold"), f"  {hit['title']}  ", (hit["project_id"], "dim"))
        )
        for said in hit["passages"]:
            output.out.print(f"  {output.clock(said['at_s']):>8}  ", output.marked(said["text"]), sep="")


@app.command()
def download(
    asset_id: AssetId,
    profile: Annotated[str, typer.Option(help="master, or the profile of a rendition")] = "master",
    target: Annotated[Path | None, typer.Option("--output", "-o", help="A file or a folder.")] = None,
) -> None:
    """Download a master (its SHA-256 is checked) or a rendition."""
    with _api() as api, output.bytes_progress() as bars:
        bar = bars.add_task(profile, total=None)
        file = fetch(
            api, asset_id, profile, target, lambda done, size: bars.update(bar, completed=done, total=size)
        )
    output.out.print(str(file), markup=False, soft_wrap=True)


@app.command()
def jobs(
    asset_id: AssetId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the asset is ready.")] = False,
    as_json: AsJson = False,
) -> None:
    """The jobs of an asset; with --follow live, exit code 1 when the asset does not become ready."""
    with _api() as api:
        if not follow:
            rows = api.get(f"/assets/{asset_id}")["jobs"]
            if as_json:
                output.json(rows)
            else:
                output.out.print(output.jobs(rows))
            return
        status = _follow(api, asset_id)
    output.out.print(output.status(status))
    if status != "ready":
        raise typer.Exit(1)


def _follow(api: Api, asset_id: str) -> str:
    """Show progress until the asset is neither uploading nor processing; its status. The API bounds a stream: we come back."""
    with output.share_progress() as bars:
        shown: dict[str, Any] = {}
        while True:
            for name, now in api.events(f"/assets/{asset_id}/events"):
                if name == "gone":
                    return "deleted"
                for job in now["jobs"]:
                    if job["id"] not in shown:
                        shown[job["id"]] = bars.add_task(job["kind"], total=1.0)
                    bars.update(
                        shown[job["id"]],
                        completed=job["progress"],
                        description=f"{job['kind']} {job['state']}",
                    )
                if name == "end":
                    return str(now["status"])


@app.command(
    add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def reprocess(context: typer.Context) -> None:
    """Run a step of enrichment again where another model was used. For operators: it needs the database, eval "$(./task env)"."""
    from functions.enrich import (
        reprocess as again,
    )  # the one command that is not over the API, and only where the functions are

    raise typer.Exit(again.main(context.args))


if __name__ == "__main__":
    app()
