"""`acervo publish`, `acervo publications`, `acervo recall`: an asset onto channels, where it is, and off everywhere with proof."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.text import Text

from cli import output
from cli.client import Api
from cli.session import api

AssetId = Annotated[str, typer.Argument(help="The asset's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Longest = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to follow; exit code 3 after.")]
STYLE = {"published": "green", "failed": "red", "withdrawn": "dim"}
TOO_LONG = 3
AGAIN_S = 1.0


def publish(
    asset_id: AssetId,
    channel: Annotated[str, typer.Argument(help="The channel's id.")],
    profile: Annotated[str | None, typer.Option(help="A rendition other than the channel's own.")] = None,
    at: Annotated[str | None, typer.Option(help="Not before: RFC 3339, as 2026-12-01T07:00:00+01:00.")] = None,
    until: Annotated[str | None, typer.Option(help="Taken down then: RFC 3339.")] = None,
    title: Annotated[str | None, typer.Option(help="Instead of the asset's own.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="NAME=TEXT of the channel, as privacy=unlisted.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until it is published or has failed (exit code 1).")] = False,
    timeout: Longest = 3600,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Publish an asset on a channel. Said again it is the same publication."""
    metadata = dict(_pair(text) for text in option or [])
    if title is not None:
        metadata["title"] = title
    order = {
        "channel_id": channel,
        "profile": profile,
        "publish_at": at,
        "withdraw_at": until,
        "metadata": metadata or None,
    }
    with api() as known:
        made = known.post(
            f"/assets/{quote(asset_id)}/publications", {name: value for name, value in order.items() if value is not None}
        )  # fmt: skip
        now = _followed(known, [made], timeout)[0] if follow else made
    if as_json:
        output.json(now)
    else:
        output.out.print(_line(now))
    if follow and now["state"] != "published":
        raise typer.Exit(1 if now["state"] in ("failed", "withdrawn") else TOO_LONG)


def publications(
    asset_id: AssetId,
    live: Annotated[bool, typer.Option("--live", help="Only what is seen (or may be) right now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Where an asset is, was or shall be."""
    with api() as known:
        rows = _listed(known, asset_id, live)
    if as_json:
        output.json(rows)
    else:
        output.out.print(_table(rows))


def recall(
    asset_id: AssetId,
    channel: Annotated[str | None, typer.Option(help="Off this channel only.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say where it is live.")] = False,
    timeout: Longest = 600,
    as_json: AsJson = False,
) -> None:
    """Take an asset down everywhere and wait for each channel's proof; exit code 1 when something may still be seen."""
    with api() as known:
        if dry_run:
            rows = [
                row for row in _listed(known, asset_id, live=True) if channel in (None, row["channel_id"])
            ]
        else:
            query = f"?channel_id={quote(channel, safe='')}" if channel else ""
            wanted = known.delete(f"/assets/{quote(asset_id)}/publications{query}")["items"]
            rows = _followed(known, wanted, timeout)
    if as_json:
        output.json(rows)
    else:
        output.out.print(_table(rows, proof=not dry_run))
    if any(row["live"] for row in rows):
        raise typer.Exit(1)


def _listed(known: Api, asset_id: str, live: bool) -> list[dict[str, Any]]:
    rows = known.pages(f"/assets/{quote(asset_id)}/publications", limit=200)
    return [row for row in rows if row["live"] or not live]


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not NAME=TEXT", param_hint="--option")
    return name, value


# -- following --------------------------------------------------------------------------------------------------------
def _followed(known: Api, rows: list[dict[str, Any]], timeout_s: float) -> list[dict[str, Any]]:
    """Each publication as it stands once nothing more happens to it, or when the time is over."""
    until = time.monotonic() + timeout_s
    with output.bytes_progress() as bars:
        ended = []
        for row in rows:
            bar = bars.add_task(_told(row), total=row["total_bytes"] or None)

            def show(now: Mapping[str, Any], bar: Any = bar) -> None:
                bars.update(bar, description=_told(now), completed=now["sent_bytes"], total=now["total_bytes"] or None)  # fmt: skip

            ended.append(_follow(known, row, until, show))
        return ended


def _follow(
    known: Api, row: dict[str, Any], until: float, show: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    """The API ends a stream after some minutes, and a network breaks: we come back, and say what we know already."""
    now, said = row, ""
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            for name, data, event_id in known.told(f"/publications/{row['id']}/events", said, until):
                if name not in ("progress", "end"):
                    return now  # taken away: nothing more is known
                now, said = data, event_id
                show(now)
                if name == "end":
                    return now
        time.sleep(AGAIN_S)
    return now


def _told(row: Mapping[str, Any]) -> str:
    why = f" ({row['reason_code']})" if row["reason_code"] and row["state"] != "withdrawn" else ""
    return f"{row['channel_id']} {row['state']}{why}"


# -- showing ----------------------------------------------------------------------------------------------------------
def _state(row: Mapping[str, Any]) -> Text:
    seen = " (live)" if row["live"] and row["state"] != "published" else ""
    return Text(row["state"] + seen, STYLE.get(row["state"], "yellow"))


def _line(row: Mapping[str, Any]) -> Text:
    line = Text.assemble((row["id"], "bold"), "  ", row["channel_id"], "  ", _state(row))
    for name in ("url", "reason", "advice"):
        if row[name]:
            line.append(f"\n  {row[name]}")
    return line


def _table(rows: list[dict[str, Any]], proof: bool = False) -> Any:
    made = output.table("channel", "profile", "state", "where", "proof" if proof else "reason")
    for row in rows:
        last = ", ".join(f"{name}: {value}" for name, value in (row["proof"] or {}).items()) if proof else ""
        made.add_row(
            row["channel_id"], row["profile"], _state(row), row["url"] or row["external_id"] or "",
            last or row["reason"] or "",
        )  # fmt: skip
    return made
