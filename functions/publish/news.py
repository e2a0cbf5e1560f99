"""What is said about a publication: the events, the audit log, and the dead letter when it cannot be helped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from acervo.database import as_json, query
from acervo.events import Event, caused, to_structured

if TYPE_CHECKING:
    from acervo.function import Work
    from functions.publish.rows import Channel, Publication

CONTINUED = "acervo.publication.continued.v1"
RETRIED = "acervo.publication.retried.v1"
PUBLISHED = "acervo.publication.published.v1"
FAILED = "acervo.publication.failed.v1"
WITHDRAWN = "acervo.publication.withdrawn.v1"


def go_on(work: Work, row: Mapping[str, Any]) -> None:
    """Let some instance take the next step. A row that was claimed or woken since gives an event of its own."""
    data = {"publication_id": str(row["id"]), "asset_id": str(row["asset_id"])}
    work.say(CONTINUED, str(row["asset_id"]), data, what=f"{row['id']}:{row['claims']}:{row['wakes']}")


def _facts(row: Mapping[str, Any], project_id: str) -> dict[str, Any]:
    return {
        "publication_id": str(row["id"]), "asset_id": str(row["asset_id"]), "project_id": project_id,
        "channel_id": row["channel_id"], "channel_type": row["channel_type"], "profile": row["profile"], "revision": row["revision"],
    }  # fmt: skip


def _what(row: Mapping[str, Any]) -> str:
    return f"{row['id']}:{row['claims']}:{row['wakes']}"


def _audit(
    work: Work, row: Mapping[str, Any], project_id: str, result: str, detail: Mapping[str, Any]
) -> None:
    """What the outside world saw, in the log that nobody can change."""
    query.put_audit(
        work.connection, who=row["requested_by"], what="publish", asset_id=row["asset_id"], project_id=project_id,
        from_where=f"channel:{row['channel_id']}", result=result,
        detail=as_json({"publication_id": str(row["id"]), "profile": row["profile"], **detail}),
    )  # fmt: skip


def published(work: Work, row: Mapping[str, Any], project_id: str) -> None:
    data = {**_facts(row, project_id), "external_id": row["external_id"], "url": row["url"]}
    work.say(PUBLISHED, str(row["asset_id"]), data, what=_what(row))
    _audit(
        work, row, project_id, "published", {"external_id": row["external_id"], "revision": row["revision"]}
    )


def withdrawn(work: Work, row: Mapping[str, Any], project_id: str) -> None:
    data = {**_facts(row, project_id), "reason": row["reason"] or "withdrawn", "proof": row["proof"] or {}}
    work.say(WITHDRAWN, str(row["asset_id"]), data, what=_what(row))
    _audit(work, row, project_id, "withdrawn", {"reason": data["reason"], "proof": data["proof"]})


def secret_asked(
    work: Work, publication: Publication, channel: Channel, project_id: str, result: str, version: int
) -> None:
    """Vault was asked for the credentials of a channel."""
    query.put_audit(
        work.connection, who="system:publish", what="secret.read", asset_id=publication.asset_id, project_id=project_id,
        from_where=f"channel:{channel.id}", result=result,
        detail=as_json({"path": f"channels/{channel.type}/{channel.id}", "version": version, "publication_id": str(publication.id)}),
    )  # fmt: skip


def failed(work: Work, row: Mapping[str, Any], project_id: str) -> None:
    """Said to everybody, and put where a person finds it: replaying the dead letter tries the publication again."""
    data = {
        **_facts(row, project_id),
        "code": row["reason_code"],
        "reason": row["reason"],
        "advice": row["advice"] or "",
    }
    work.say(FAILED, str(row["asset_id"]), data, what=_what(row))
    _audit(work, row, project_id, "failed", {"code": row["reason_code"], "reason": row["reason"]})
    again = Event(
        id=str(uuid.uuid4()), source="/acervo/publish", type=RETRIED, subject=str(row["asset_id"]),
        data={"publication_id": str(row["id"]), "asset_id": str(row["asset_id"])},
    )  # fmt: skip
    letter = caused(f"{row['id']}:{row['claims']}:{row['wakes']}", RETRIED, str(row["asset_id"]))
    query.put_dead_letter(
        work.connection, event=as_json({**to_structured(again), "id": letter}), event_id=letter, event_type=RETRIED,
        destination="publish", code=None, answer=f"{row['reason_code']}: {row['reason']}. {row['advice'] or ''}".strip(),
    )  # fmt: skip
