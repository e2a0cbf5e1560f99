"""Publications: asked for, followed, tried again, recalled. The row is what is wanted; `publish` does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from acervo import access, problems, rights
from acervo.access import Action
from acervo.database import Connection, Row, as_json, query
from acervo.function import Work
from acervo.problems import Problem
from functions.api import audit, cursors
from functions.api.assets import find
from functions.api.downloads import rights_denied
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models import publications as models
from functions.api.models.publications import Publication, PublicationDetail, PublicationOrder, Recalled
from functions.api.models.strict import Page
from functions.api.once import HEADER

table = Table("publications")
CONTINUED = "acervo.publication.continued.v1"


@table.post(
    "/assets/{id}/publications",
    body=PublicationOrder,
    answers={202: Publication},
    problems=(403, 404, 409, 413, 415, 422),
    headers=HEADER,
    once=True,
)
def publish(ask: Ask, body: PublicationOrder) -> Reply:
    """Ask that an asset be on a channel; asked again it is the same publication, with what is wanted now."""
    publish_at, withdraw_at = _moment("publish_at", body), _moment("withdraw_at", body)
    if publish_at and withdraw_at and withdraw_at <= publish_at:
        raise problems.invalid(
            [{"field": "withdraw_at", "detail": "is not after publish_at", "code": "before-start"}]
        )
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.PUBLISH)
        channel = query.get_channel(work.connection, channel_id=body.channel_id)
        _check_channel(channel, row)
        _check_rights(row, channel)
        made = query.put_publication(
            work.connection, id=str(uuid4()), asset_id=row["id"], channel_id=body.channel_id, profile=body.profile,
            metadata=as_json(body.metadata or {}), publish_at=publish_at, withdraw_at=withdraw_at, requested_by=ask.caller.user, rule_id=None,
        )  # fmt: skip
        _go_on(work, made)
        audit.write(
            work.connection, ask, "publish", asset_id=str(row["id"]), project_id=row["project_id"], channel=body.channel_id,
            publication_id=str(made["id"]),
        )  # fmt: skip
    return Reply(shown(made), 202)


def _moment(name: str, body: PublicationOrder) -> datetime | None:
    try:
        return models.instant(getattr(body, name))
    except ValueError as fault:
        raise problems.invalid([{"field": name, "detail": "is not a time", "code": "not-a-time"}]) from fault


def _check_channel(channel: Row | None, asset: Row) -> None:
    if channel is None:
        raise problems.invalid(
            [{"field": "channel_id", "detail": "there is no such channel", "code": "no-such-channel"}]
        )
    if not channel["enabled"]:
        raise Problem(409, "channel-off", "this channel is switched off", field="channel_id")
    if channel["projects"] is not None and asset["project_id"] not in channel["projects"]:
        raise Problem(
            409, "not-published-here", "this project may not publish on this channel", field="channel_id"
        )
    if asset["status"] in ("error", "rejected"):
        raise Problem(409, "asset-gone", f"the asset is `{asset['status']}`")


def _check_rights(asset: Row, channel: Row) -> None:
    """What time alone would allow waits; anything else is refused with its reasons.

    Raises:
        Problem: 409.
    """
    decision = rights.decide(
        asset["rights"], channel_id=channel["id"], channel_type=channel["type"], territories=channel["territories"], now=datetime.now(UTC)
    )  # fmt: skip
    if not decision.allowed and not decision.is_only_early:
        raise rights_denied(decision, asset, Action.PUBLISH)


def _go_on(work: Work, row: Row) -> None:
    """The row has a next step; `publish` takes it."""
    asset_id = str(row["asset_id"])
    work.say(
        CONTINUED, asset_id, {"publication_id": str(row["id"]), "asset_id": asset_id}, what=str(row["id"])
    )


def shown(row: Row) -> Publication:
    return Publication(**{name: row[name] for name in Publication.model_fields})


@table.get(
    "/assets/{id}/publications",
    query=models.PublicationsQuery,
    answers={200: Page[Publication]},
    problems=(404, 422),
)
def list_publications(ask: Ask, query: models.PublicationsQuery) -> Reply:
    """Where an asset is, was or shall be; newest first."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    following = cursors.encode(rows[-1]["created_at"], rows[-1]["id"]) if more else None
    return Reply(Page[Publication](items=[shown(row) for row in rows], next_cursor=following))


def _page(ask: Ask, wanted: models.PublicationsQuery) -> list[Row]:
    before_at, before_id = cursors.decode_time_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.list_publications(
                connection,
                asset_id=row["id"],
                before_at=before_at,
                before_id=before_id,
                limit=wanted.limit + 1,
            )
        )


@table.delete(
    "/assets/{id}/publications", query=models.RecallQuery, answers={202: Recalled}, problems=(403, 404, 422)
)
def recall(ask: Ask, query: models.RecallQuery) -> Reply:
    """Recall: off every channel, or off one."""
    return Reply(Recalled(items=_withdraw(ask, find, query.channel_id, None)), 202)


def _withdraw(ask: Ask, look: Any, channel_id: str | None, publication_id: str | None) -> list[Publication]:
    with ask.call.change() as work:
        row = look(ask, work.connection, Action.PUBLISH)
        asset_id = row["asset_id"] if publication_id else row["id"]
        rows = list(
            query.want_withdrawn(
                work.connection, asset_id=asset_id, publication_id=publication_id, channel_id=channel_id
            )
        )
        for withdrawn in rows:
            _go_on(work, withdrawn)
        audit.write(
            work.connection, ask, "withdraw", asset_id=str(asset_id), project_id=row["project_id"],
            publications=[str(withdrawn["id"]) for withdrawn in rows],
        )  # fmt: skip
    return [shown(withdrawn) for withdrawn in rows]


# -- one publication --------------------------------------------------------------------------------------------------
def find_publication(ask: Ask, connection: Connection, action: Action) -> Row:
    """The publication of the path, for who may `action` on its asset.

    Raises:
        Denied: 404 or 403.
    """
    row: Row | None = query.publication_access(
        connection, publication_id=ask.uuid(), principals=ask.caller.principals
    )
    if row is None:
        raise access.missing()
    access.require(
        ask.caller, action, member=row["member"], owner=row["owner"] == ask.caller.user,
        asset_id=str(row["asset_id"]), project_id=row["project_id"],
    )  # fmt: skip
    return row


@table.get("/publications/{id}", answers={200: PublicationDetail}, problems=(404,))
def show_publication(ask: Ask) -> Reply:
    """One publication with what was tried."""
    with ask.database.transaction() as connection:
        row = find_publication(ask, connection, Action.VIEW)
        return Reply(_detail(connection, row))


def _detail(connection: Connection, row: Row) -> PublicationDetail:
    tried = list(query.latest_attempts(connection, publication_id=row["id"], limit=models.MAX_ATTEMPTS))
    attempts = [models.Attempt(**{name: one[name] for name in models.Attempt.model_fields}) for one in tried]
    return PublicationDetail(
        **{name: row[name] for name in PublicationDetail.model_fields if name != "attempts"},
        attempts=attempts,
    )


@table.delete("/publications/{id}", answers={202: Publication}, problems=(403, 404))
def withdraw(ask: Ask) -> Reply:
    """Take it down. Withdrawn already is fine."""
    rows = _withdraw(ask, find_publication, None, ask.uuid())
    if rows:
        return Reply(rows[0], 202)
    with ask.database.transaction() as connection:
        return Reply(shown(find_publication(ask, connection, Action.VIEW)), 202)


@table.post("/publications/{id}/retry", answers={202: Publication}, problems=(403, 404, 409))
def retry_publication(ask: Ask) -> Reply:
    """Try a failed publication again."""
    with ask.call.change() as work:
        known = find_publication(ask, work.connection, Action.PUBLISH)
        row = query.retry_publication(work.connection, publication_id=known["id"])
        if row is None:
            raise Problem(
                409,
                "nothing-to-retry",
                f"only a failed publication is tried again; this one is `{known['state']}`",
            )
        _go_on(work, row)
        audit.write(
            work.connection, ask, "publication.retry", asset_id=str(row["asset_id"]), project_id=known["project_id"],
            publication_id=str(row["id"]),
        )  # fmt: skip
    return Reply(shown(row), 202)
