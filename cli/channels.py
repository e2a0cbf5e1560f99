"""`acervo channels`: what can be published to, its settings, and its credentials (which go to Vault and never through the API)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli import credentials, output
from cli.session import api

app = typer.Typer(no_args_is_help=True, help="Channels that assets are published on.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ChannelId = Annotated[str, typer.Argument(help="The channel's id.")]
JsonFile = Annotated[typer.FileText, typer.Argument(help="A file with JSON, or - for standard input.")]


def read_object(file: typer.FileText) -> dict[str, Any]:
    """A JSON object, or a plain message."""
    try:
        value = json.load(file)
    except ValueError as fault:
        raise typer.BadParameter(f"{file.name} is not JSON ({fault})") from fault
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{file.name} is not a JSON object")
    return value


@app.command(name="ls")
def list_channels(
    project: Annotated[str | None, typer.Option("--project", "-p")] = None, as_json: AsJson = False
) -> None:
    """Channels you may see, and whether they can be reached."""
    with api() as known:
        rows = list(known.pages("/channels", project=project))
    if as_json:
        output.json(rows)
        return
    made = output.table("id", "type", "name", "profile", "state")
    for row in rows:
        state = "off" if not row["enabled"] else f"down until {row['open_until']}" if row["open_until"] else "on"  # fmt: skip
        made.add_row(row["id"], row["type"], row["name"], row["profile"], state)
    output.out.print(made)


@app.command()
def types(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="One type, with the schema of its settings.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Types of channels: what their settings are, which credentials they want."""
    with api() as known:
        rows = [row for row in known.pages("/channel-types") if type_ in (None, row["type"])]
    if as_json or type_ is not None:
        output.json(rows if type_ is None else rows[0] if rows else {})
        return
    made = output.table("type", "what", "credentials")
    for row in rows:
        sets = " or ".join(", ".join(names) for names in row["credential_sets"] if names)
        made.add_row(row["type"], row["description"], sets)
    output.out.print(made)


@app.command()
def show(channel: ChannelId) -> None:
    """One channel, as JSON."""
    with api() as known:
        output.json(known.get(f"/channels/{quote(channel, safe='')}"))


@app.command(name="set")
def set_channel(channel: ChannelId, file: JsonFile) -> None:
    """Make a channel or set it as a whole: {"type", "name", "profile", "settings", …}."""
    with api() as known:
        output.json(known.put(f"/channels/{quote(channel, safe='')}", read_object(file)))


@app.command()
def on(channel: ChannelId) -> None:
    """Switch it on."""
    with api() as known:
        known.patch(f"/channels/{quote(channel, safe='')}", {"enabled": True})


@app.command()
def off(channel: ChannelId) -> None:
    """Switch it off: what is under way stops, nothing new begins; what is recalled is still taken down."""
    with api() as known:
        known.patch(f"/channels/{quote(channel, safe='')}", {"enabled": False})


@app.command(name="credentials")
def set_credentials(
    channel: ChannelId,
    file: Annotated[typer.FileText | None, typer.Argument(metavar="[FILE]", help="JSON, or - for standard input; without it you are asked.")] = None,
) -> None:  # fmt: skip
    """Put a channel's credentials into Vault with your own token there (VAULT_ADDR, VAULT_TOKEN). Taken up within a minute."""
    with api() as known:
        row = known.get(f"/channels/{quote(channel, safe='')}")
        type_ = next(one for one in known.pages("/channel-types") if one["type"] == row["type"])
        values = read_object(file) if file is not None else _asked(type_)
        credentials.check(type_, values)
        version = credentials.put(row["type"], row["id"], values)
    output.out.print(
        f"secret/channels/{row['type']}/{row['id']} version {version}", markup=False, soft_wrap=True
    )


def _asked(type_: dict[str, Any]) -> dict[str, str]:
    """What somebody types; what is left empty is left out. A key of many lines is read from a file."""
    if not sys.stdin.isatty():
        raise typer.BadParameter("give the credentials as a file, or - for standard input")
    values: dict[str, str] = {}
    for one in type_["credentials"]:
        if one["lines"]:
            name = typer.prompt(f"File with: {one['title']}", default="", show_default=False)
            given = Path(name).expanduser().read_text() if name else ""
        else:
            given = typer.prompt(one["title"], default="", show_default=False, hide_input=True)
        if given:
            values[one["name"]] = given
    return values
