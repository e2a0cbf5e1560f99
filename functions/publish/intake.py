"""Events that change what is wanted, or that something waited for: each one transaction with its inbox row.

Nothing here talks to a channel: rows are changed, and `continued` is said for each of them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from acervo.channels.material import Asset
from acervo.channels.texts import fingerprint, texts_of
from acervo.database import as_json, query
from acervo.errors import Permanent
from functions.publish import moments, news
from functions.publish.rules import wants

if TYPE_CHECKING:
    from acervo.events import Event
    from acervo.function import Call, Work

DUE_PAGE, EXPIRE_PAGE = 500, 500


def requested(event: Event, call: Call) -> None:
    """Somebody wants an asset on a channel."""
    data = event.data
    try:
        publish_at, withdraw_at = (
            moments.instant(data.get("publish_at")),
            moments.instant(data.get("withdraw_at")),
        )
    except ValueError as fault:
        raise Permanent("invalid-time", str(fault)) from fault
    with call.commit() as work:
        if query.get_asset(work.connection, asset_id=data["asset_id"]) is None:
            raise Permanent("unknown-asset", f"there is no asset {data['asset_id']}")
        row = query.put_publication(
            work.connection, id=data.get("publication_id") or str(uuid.uuid4()), asset_id=data["asset_id"], channel_id=data["channel_id"],
            profile=data.get("profile"), metadata=as_json(data.get("metadata") or {}), publish_at=publish_at, withdraw_at=withdraw_at,
            requested_by=data.get("requested_by") or f"event:{event.source}", rule_id=None,
        )  # fmt: skip
        if row is None:
            raise Permanent("unknown-channel", f"there is no channel {data['channel_id']}")
        news.go_on(work, row)


def withdrawal_requested(event: Event, call: Call) -> None:
    """Recall: one publication, one channel, or everywhere."""
    data = event.data
    with call.commit() as work:
        rows = query.want_withdrawn(
            work.connection, asset_id=data["asset_id"], publication_id=data.get("publication_id"), channel_id=data.get("channel_id")
        )  # fmt: skip
        for row in list(rows):
            news.go_on(work, row)


def retried(event: Event, call: Call) -> None:
    """A person (or a replayed dead letter) wants a failed publication tried again; anything else is left as it is.

    Without an inbox row: a dead letter is replayed as the same event, as often as a person likes.
    """
    with call.change() as work:
        row = query.retry_publication(work.connection, publication_id=event.data["publication_id"])
        if row is not None:
            news.go_on(work, row)


def acknowledged(event: Event, call: Call) -> None:
    """A CMS says what became of what it was given."""
    answer = {name: value for name, value in event.data.items() if name != "publication_id"}
    with call.commit() as work:
        row = query.acknowledge_publication(
            work.connection, publication_id=event.data["publication_id"], acknowledged=as_json(answer)
        )
        if row is not None:
            news.go_on(work, row)


def rendition_changed(event: Event, call: Call) -> None:
    """A rendition is ready, or will not be: who waited for it looks again."""
    with call.commit() as work:
        _wake(work, event.data["asset_id"], event.data["profile"])


def asset_changed(event: Event, call: Call) -> None:
    """Ready, changed or deleted: rules, rights and words are looked at again."""
    asset_id = event.data["asset_id"]
    with call.commit() as work:
        row = query.get_asset(work.connection, asset_id=asset_id)
        if row is None:
            return
        asset = Asset.of(row)
        for rule in list(query.rules_for_project(work.connection, project_id=asset.project_id)):
            if wants(rule, asset):
                _publish_by_rule(work, asset, rule)
        if any(
            _is_outdated(asset, live) for live in query.published_rows(work.connection, asset_id=asset_id)
        ):
            list(query.revise_publications(work.connection, asset_id=asset_id))
        _wake(work, asset_id, None)


def _publish_by_rule(work: Work, asset: Asset, rule: dict[str, Any]) -> None:
    query.put_rule_publication(
        work.connection, id=str(uuid.uuid4()), asset_id=asset.id, channel_id=rule["channel_id"], profile=rule["profile"],
        metadata=as_json(rule["metadata"]), rule_id=rule["id"],
    )  # fmt: skip


def _is_outdated(asset: Asset, row: dict[str, Any]) -> bool:
    """Whether the channel shows other words than the asset has now."""
    shown = row["session"].get("texts")
    return shown is not None and shown != fingerprint(texts_of(asset, row["metadata"], has_thumbnail=False))


def _wake(work: Work, asset_id: str, profile: str | None) -> None:
    for row in list(query.wake_publications(work.connection, asset_id=asset_id, profile=profile)):
        news.go_on(work, row)


def tick(call: Call) -> None:
    """Time passes: what is over is to go, and what is due is said to be. Several times is harmless."""
    with call.change() as work:
        query.expire_publications(work.connection, limit=EXPIRE_PAGE)
        for row in list(query.due_publications(work.connection, limit=DUE_PAGE)):
            news.go_on(work, row)
