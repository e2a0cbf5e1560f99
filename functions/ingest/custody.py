"""Who has the bytes: the asset of an arrival, its promotion to the immutable key, its rejection, and the upload's end.

An object under `uploads/` is deleted only when its bytes are known to be safe elsewhere (looked at, not believed), or when the
table of verdicts says that they are worthless.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from acervo import keys
from acervo.assets import Status
from acervo.database import as_json, query, without_nul
from acervo.errors import Permanent, Rejected, Transient
from acervo.function import Call
from acervo.objects import NotFound, Refused, Stored
from functions.ingest import embedded, verdict
from functions.ingest.arrival import Arrival, belongs_to

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examined:
    """What hashing and probing found."""

    sha256: str
    kind: str
    media_type: str
    extension: str
    technical: dict[str, Any]
    embedded: dict[str, Any]


# -- arrival ----------------------------------------------------------------------------------------------------------
def find_object(call: Call, arrival: Arrival) -> Stored | None:
    """The object as it is now; None when it is gone (promoted, or removed by whoever put it there)."""
    try:
        return call.objects.head(arrival.bucket, arrival.key)
    except NotFound:
        return None


def claim(call: Call, arrival: Arrival, stored: Stored) -> dict[str, Any]:
    """The asset of an arrival: the announced one, the one that it became before, or a new one of the project in its key.

    Raises:
        Permanent: no project in the key, or an unknown one; the object stays where it is.
    """
    if arrival.project is None or "\x00" in arrival.key:
        raise Permanent(
            "unusable-key", "an upload's key is uploads/{project}/{name}; this one stays where it is"
        )
    with call.database.transaction() as connection:
        if not query.project_exists(connection, project_id=arrival.project):
            raise Permanent(
                "unknown-project", f"there is no project {arrival.project!r}; the object stays where it is"
            )
        ids = [uuid.UUID(value) for value in arrival.candidate_ids(stored.etag)]
        rows = list(query.find_arrival(connection, key=arrival.key, ids=ids))
        found = belongs_to(arrival, stored.etag, rows)
        if found.asset:
            return found.asset
        if found.stale:
            query.free_upload_key(connection, asset_id=found.stale["id"])
        taken = {str(row["id"]) for row in rows}
        dropped = arrival.dropped_id(stored.etag)
        asset_id = str(uuid.uuid4()) if dropped in taken else dropped
        made = query.put_dropped(
            connection, id=asset_id, project_id=arrival.project, name=without_nul(arrival.name), owner=f"s3:{arrival.principal}",
            upload_key=arrival.key, mime_type=without_nul(stored.content_type) or None,
        )  # fmt: skip
        if not made:
            raise Transient("arrival-raced", "another delivery makes this asset", retry_after_s=1)
        asset: dict[str, Any] = query.get_asset(connection, asset_id=asset_id)
        return asset


# -- the good end -----------------------------------------------------------------------------------------------------
def promote(call: Call, arrival: Arrival, asset: dict[str, Any], stored: Stored, found: Examined) -> None:
    """Copy to the master's key, then one transaction, then the upload goes.

    Raises:
        Rejected: another asset of the project has these bytes.
        Transient: the store or the database is away, or the object changed.
    """
    asset_id = str(asset["id"])
    from psycopg.errors import UniqueViolation  # on first use: a third of a cold start

    master_key = keys.master(asset_id, found.sha256, found.extension)
    with call.database.transaction() as connection:
        project_id = asset["project_id"]
        if query.twin_in_project(connection, project_id=project_id, sha256=found.sha256, asset_id=asset_id):
            raise verdict.rejected("duplicate", "…")
    _copy_master(call, arrival, asset_id, stored, found, master_key)
    try:
        kept = _commit(call, arrival, asset_id, stored, found, master_key)
    except UniqueViolation as fault:
        _drop_copy(call, asset_id, master_key)
        raise verdict.rejected("duplicate", "…") from fault
    if kept:
        _keep_whole(call, arrival, stored.etag, stored.size, master_key, found.media_type)
    else:
        _drop_copy(call, asset_id, master_key)
    call.objects.delete(arrival.bucket, arrival.key)


def _copy_master(
    call: Call, arrival: Arrival, asset_id: str, stored: Stored, found: Examined, master_key: str
) -> None:
    """Server-side; from another asset's master where one has these bytes, so that both share their data."""
    archive = call.objects.archive
    with call.database.transaction() as connection:
        twins = list(
            query.twins_elsewhere(connection, sha256=found.sha256, size_bytes=stored.size, asset_id=asset_id)
        )
    for source in (row["master_key"] for row in twins):
        try:
            if call.objects.head(archive, source).size == stored.size:
                call.objects.copy(archive, source, archive, master_key, found.media_type)
                break
        except NotFound:
            log.warning("a master that should be there is not: %s", source)
    else:
        try:
            call.objects.copy(
                arrival.bucket, arrival.key, archive, master_key, found.media_type, etag=stored.etag
            )
        except (NotFound, Refused) as fault:
            # promoted by another delivery, or overwritten: the next look tells
            raise Transient("upload-changed", "the upload changed meanwhile", retry_after_s=1) from fault
    if call.objects.head(archive, master_key).size != stored.size:
        raise Transient("copy-incomplete", "the copy of the master is not whole")


def _keep_whole(call: Call, arrival: Arrival, etag: str, size: int, master_key: str, media_type: str) -> None:
    """Look at a committed master before its upload goes: a delivery that lost a race may have taken it for its own copy."""
    archive = call.objects.archive
    try:
        if call.objects.head(archive, master_key).size == size:
            return
    except NotFound:
        log.warning("a promoted master is not there, it is copied again: %s", master_key)
    call.objects.copy(arrival.bucket, arrival.key, archive, master_key, media_type, etag=etag)
    if call.objects.head(archive, master_key).size != size:
        raise Transient("copy-incomplete", "the copy of the master is not whole")


def _drop_copy(call: Call, asset_id: str, master_key: str) -> None:
    """A copy that nobody committed; looked at under the row's lock."""
    with call.database.transaction() as connection:
        if query.lock_asset(connection, asset_id=asset_id)["master_key"] != master_key:
            call.objects.delete(call.objects.archive, master_key)


def _commit(
    call: Call, arrival: Arrival, asset_id: str, stored: Stored, found: Examined, master_key: str
) -> bool:
    """Whether the asset wants its master: it may have been deleted meanwhile."""
    with call.commit() as work:
        row = query.lock_asset(work.connection, asset_id=asset_id)
        if row["status"] != Status.UPLOADING:
            return bool(row["master_key"] == master_key)
        query.forget_hash(work.connection, asset_id=asset_id)
        query.mark_ingested(
            work.connection, asset_id=asset_id, kind=found.kind, sha256=found.sha256, master_key=master_key,
            size_bytes=stored.size, mime_type=found.media_type,
            technical=as_json({**found.technical, "received": {"key": arrival.key, "etag": stored.etag}}),
            embedded=as_json(found.embedded), metadata=as_json(embedded.prefill(row["metadata"], found.embedded)),
        )  # fmt: skip
        data = {
            "asset_id": asset_id, "project_id": row["project_id"], "kind": found.kind, "sha256": found.sha256, "master_key": master_key,
            "mime_type": found.media_type, "size_bytes": stored.size, "has_audio": bool(found.technical.get("audio")),
            "duration_s": found.technical.get("duration_s"),
        }  # fmt: skip
        work.say("acervo.asset.ingested.v1", asset_id, data)
    return True


# -- the bad end ------------------------------------------------------------------------------------------------------
def reject(
    call: Call, arrival: Arrival, asset: dict[str, Any], stored: Stored, fault: Rejected, sha256: str | None
) -> None:
    """Store why, say it, and let the upload go where the table of verdicts says so."""
    asset_id, reason, keeps = str(asset["id"]), verdict.sentence(fault), verdict.keeps_upload(fault.code)
    with call.commit() as work:
        row = query.lock_asset(work.connection, asset_id=asset_id)
        if row["status"] != Status.UPLOADING:
            return
        twin = None
        if fault.code == "duplicate":
            twin = query.twin_in_project(
                work.connection, project_id=row["project_id"], sha256=sha256, asset_id=asset_id
            )
            if twin is None:
                raise Transient(
                    "duplicate-gone", "the asset with these bytes has just been deleted", retry_after_s=1
                )
            reason = verdict.rejected("duplicate", f"“{twin['name']}”").reason
        query.forget_hash(work.connection, asset_id=asset_id)
        query.mark_rejected(
            work.connection, asset_id=asset_id, reason_code=fault.code, reason=reason, duplicate_of=twin and twin["id"], sha256=sha256,
            size_bytes=stored.size, technical=as_json({"received": {"key": arrival.key, "etag": stored.etag}}), keeps=keeps,
        )  # fmt: skip
        data = {
            "asset_id": asset_id, "project_id": row["project_id"], "code": fault.code, "reason": reason,
            "duplicate_of": str(twin["id"]) if twin else None,
        }  # fmt: skip
        work.say("acervo.asset.rejected.v1", asset_id, data)
    if not keeps:
        call.objects.delete(arrival.bucket, arrival.key)


# -- what a killed call left ------------------------------------------------------------------------------------------
def discard_leftover(call: Call, arrival: Arrival, asset: dict[str, Any], stored: Stored) -> None:
    """Delete an upload whose asset is beyond it; a promoted one only when its master is there."""
    if asset["status"] == Status.REJECTED and verdict.keeps_upload(asset["reason_code"] or ""):
        return
    if asset["status"] not in (Status.REJECTED, Status.DELETED):
        _keep_whole(call, arrival, stored.etag, asset["size_bytes"], asset["master_key"], asset["mime_type"])
    call.objects.delete(arrival.bucket, arrival.key)
    if asset["upload_key"] == arrival.key:
        with call.database.transaction() as connection:
            query.free_upload_key(connection, asset_id=asset["id"])
