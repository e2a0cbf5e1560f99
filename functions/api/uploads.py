"""Uploads: opened, signed, listed, completed, aborted. Twice is safe everywhere.

An upload is open while its asset is `uploading` and has an `upload_id`. The multipart upload is made in the store before the row, so that a
row always names one that is there; one whose row was never written is dropped by the bucket's lifecycle.
"""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from acervo import access, keys, objects, problems
from acervo.access import Action
from acervo.database import Connection, Row, as_json, query
from acervo.objects import PRESIGN_S, NotFound, Refused
from acervo.problems import Problem
from functions.api import audit, parts
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.uploads import (
    PartsQuery,
    SignedPart,
    SignedParts,
    SignParts,
    StoredPart,
    StoredParts,
    UploadAbort,
    UploadComplete,
    UploadCompleted,
    UploadInit,
    UploadOpened,
)  # fmt: skip

table = Table("uploads")
MAX_IDEMPOTENCY_KEY = 255
BEGUN = frozenset({"processing", "ready", "error", "rejected"})


@table.post(
    "/assets/upload/init",
    body=UploadInit,
    answers={201: UploadOpened},
    problems=(403, 404, 409, 413, 415, 422),
    headers={
        "Idempotency-Key": "Sent again with the same body, the answer is the upload that was opened first."
    },
)
def init(ask: Ask, body: UploadInit) -> Reply:
    """Open an upload: the asset exists from now on, as `uploading`."""
    wish = _Wish(ask, body)
    with ask.database.transaction() as connection:
        before = wish.remembered(connection)
        if before is not None:
            return Reply(_opened(before), 201)
        project = query.get_project(connection, project_id=body.project_id, principals=ask.caller.principals)
        if project is None:
            raise access.missing()
        access.require(ask.caller, Action.UPLOAD, member=project["member"], project_id=project["id"])
        _check_quota(connection, project, body.size_bytes)
    upload_id = ask.objects.create_multipart(ask.objects.archive, wish.key, wish.mime_type)
    try:
        row = _insert(ask, wish, upload_id)
    except BaseException:
        ask.objects.abort_multipart(ask.objects.archive, wish.key, upload_id)
        raise
    if row["upload_id"] != upload_id:
        ask.objects.abort_multipart(ask.objects.archive, wish.key, upload_id)
    return Reply(_opened(row), 201)


class _Wish:
    """What an init asks for, with what follows from it."""

    def __init__(self, ask: Ask, body: UploadInit) -> None:
        self.body, self.caller = body, ask.caller
        self.asset_id = str(uuid4())
        self.key = keys.upload(body.project_id, self.asset_id, body.name)
        guessed = mimetypes.guess_type(keys.safe_name(body.name))[0]
        self.mime_type = body.mime_type or guessed or "application/octet-stream"
        self.part_size_bytes = objects.part_size(body.size_bytes)
        self.request = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        self.idempotency_key = ask.request.headers.get("idempotency-key")
        if self.idempotency_key is not None and not 1 <= len(self.idempotency_key) <= MAX_IDEMPOTENCY_KEY:
            raise problems.invalid(
                [{"field": "Idempotency-Key", "detail": f"has 1 to {MAX_IDEMPOTENCY_KEY} characters"}]
            )

    def remembered(self, connection: Connection) -> Row | None:
        """The asset that this very request has made before.

        Raises:
            Problem: 422 when the key was used for another request, 409 when its upload is over.
        """
        if self.idempotency_key is None:
            return None
        known = query.api_remembered_key(connection, principal=self.caller.user, key=self.idempotency_key)
        if known is None:
            return None
        if known["request"] != self.request:
            raise problems.invalid(
                [{"field": "Idempotency-Key", "detail": "was used before with another body"}]
            )
        row: Row | None = query.api_asset(
            connection, asset_id=known["asset_id"], principals=self.caller.principals
        )
        if row is None or row["upload_id"] is None:
            raise Problem(
                409, "upload-over", "this upload is complete or aborted", asset_id=str(known["asset_id"])
            )
        return row


def _insert(ask: Ask, wish: _Wish, upload_id: str) -> Row:
    """The asset's row: a new one, or that of a request with the same key that was faster."""
    body = wish.body
    with ask.call.change() as work:
        project = query.lock_project(work.connection, project_id=body.project_id)
        query.fold_usage(work.connection, project_id=body.project_id)
        _check_quota(work.connection, project, body.size_bytes)
        before = wish.remembered(work.connection)
        if before is not None:
            return before
        query.api_open_upload(
            work.connection, id=wish.asset_id, project_id=body.project_id, name=body.name, owner=ask.caller.user,
            upload_key=wish.key, upload_id=upload_id, part_size_bytes=wish.part_size_bytes, size_bytes=body.size_bytes,
            mime_type=wish.mime_type, declared_sha256=body.sha256, metadata=as_json(body.metadata.model_dump(exclude_none=True) if body.metadata else {}),
        )  # fmt: skip
        if wish.idempotency_key is not None:
            query.api_remember_key(
                work.connection, principal=ask.caller.user, key=wish.idempotency_key, request=wish.request, asset_id=wish.asset_id
            )  # fmt: skip
        audit.write(
            work.connection, ask, "upload.init", asset_id=wish.asset_id, project_id=body.project_id, size_bytes=body.size_bytes
        )  # fmt: skip
        return {
            "id": wish.asset_id, "upload_id": upload_id, "upload_key": wish.key, "part_size_bytes": wish.part_size_bytes,
            "size_bytes": body.size_bytes,
        }  # fmt: skip


def _check_quota(connection: Connection, project: Row, size_bytes: int) -> None:
    used = query.used_bytes(connection, project_id=project["id"])
    if used + size_bytes > project["quota_bytes"]:
        raise Problem(
            413, "quota-exceeded", f"the project has {max(0, project['quota_bytes'] - used)} bytes left",
            field="size_bytes", quota_bytes=project["quota_bytes"], used_bytes=used,
        )  # fmt: skip


def _opened(row: Row) -> UploadOpened:
    count = parts.part_count(row["size_bytes"], row["part_size_bytes"])
    return UploadOpened(
        asset_id=row["id"], upload_id=row["upload_id"], key=row["upload_key"],
        part_size_bytes=row["part_size_bytes"], part_count=count,
    )  # fmt: skip


# -- an open upload ---------------------------------------------------------------------------------------------------
def _asset(ask: Ask, asset_id: Any, action: Action) -> Row:
    """The asset of an upload, for who may `action`."""
    with ask.database.transaction() as connection:
        row: Row | None = query.api_asset(connection, asset_id=asset_id, principals=ask.caller.principals)
    return _permitted(ask, row, action)


def _permitted(ask: Ask, row: Row | None, action: Action) -> Row:
    if row is None:
        raise access.missing()
    access.require(
        ask.caller, action, member=row["member"], owner=row["owner"] == ask.caller.user,
        asset_id=str(row["id"]), project_id=row["project_id"],
    )  # fmt: skip
    return row


def _open(row: Row) -> Row:
    """Raises Problem (409) when the upload is over, or was never ours (an object dropped into the bucket)."""
    if row["status"] != "uploading" or row["upload_id"] is None:
        raise Problem(409, "upload-over", "this upload is complete or aborted", asset_id=str(row["id"]))
    return row


@table.post(
    "/assets/upload/sign-part",
    body=SignParts,
    answers={200: SignedParts},
    problems=(403, 404, 409, 413, 415, 422),
)
def sign_part(ask: Ask, body: SignParts) -> Reply:
    """Presigned URLs for up to 100 parts, good for 15 minutes; ask again when they have expired."""
    with ask.database.transaction() as connection:
        known = query.api_asset(connection, asset_id=body.asset_id, principals=ask.caller.principals)
        row = _open(_permitted(ask, known, Action.RESUME))
        count = parts.part_count(row["size_bytes"], row["part_size_bytes"])
        unknown = [number for number in body.part_numbers if number > count]
        if unknown:
            detail = f"part {unknown[0]} is unknown: this upload has {count} parts"
            raise problems.invalid([{"field": "part_numbers", "detail": detail}])
        audit.write(
            connection, ask, "upload.sign", asset_id=str(row["id"]), project_id=row["project_id"], parts=len(set(body.part_numbers))
        )  # fmt: skip
    expires_at = datetime.now(UTC) + timedelta(seconds=PRESIGN_S)
    store = ask.objects
    signed = [
        SignedPart(
            part_number=number,
            url=store.presign_part(store.archive, row["upload_key"], row["upload_id"], number),
            expires_at=expires_at,
        )
        for number in sorted(set(body.part_numbers))
    ]
    return Reply(SignedParts(urls=signed), headers={"cache-control": "no-store"})


@table.get(
    "/assets/upload/parts", query=PartsQuery, answers={200: StoredParts}, problems=(403, 404, 409, 422)
)
def list_parts(ask: Ask, query: PartsQuery) -> Reply:
    """The parts that have arrived: how to resume after a reload, a day, or on another machine."""
    row = _open(_asset(ask, query.asset_id, Action.VIEW))
    cursor = query.cursor or "0"
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= objects.MAX_PARTS):
        raise problems.invalid([{"field": "cursor", "detail": "is not a cursor of this list"}])
    try:
        found, following = ask.objects.parts(
            ask.objects.archive, row["upload_key"], row["upload_id"], after=int(cursor)
        )
    except NotFound as fault:
        raise Problem(
            409, "upload-over", "this upload is complete or aborted", asset_id=str(row["id"])
        ) from fault
    return Reply(
        StoredParts(
            asset_id=row["id"],
            part_size_bytes=row["part_size_bytes"],
            part_count=parts.part_count(row["size_bytes"], row["part_size_bytes"]),
            items=[StoredPart(**{**part, "etag": parts.plain(part["etag"])}) for part in found],
            next_cursor=None if following is None else str(following),
        )
    )


@table.post(
    "/assets/upload/complete",
    body=UploadComplete,
    answers={200: UploadCompleted},
    problems=(403, 404, 409, 413, 415, 422),
)
def complete(ask: Ask, body: UploadComplete) -> Reply:
    """Put the parts together. Complete twice is answered as once; a part at fault is named."""
    row = _asset(ask, body.asset_id, Action.RESUME)
    if row["part_size_bytes"] is None:
        raise Problem(409, "no-upload", "this asset was not uploaded here", asset_id=str(row["id"]))
    if row["upload_id"] is not None and row["status"] == "uploading":
        given = None if body.parts is None else [(part.part_number, part.etag) for part in body.parts]
        _put_together(ask, row, given)
        with ask.call.change() as work:
            closed = query.api_close_upload(work.connection, asset_id=row["id"], upload_id=row["upload_id"])
            if closed is not None:
                audit.write(
                    work.connection, ask, "upload.complete", asset_id=str(row["id"]), project_id=row["project_id"]
                )  # fmt: skip
    count = parts.part_count(row["size_bytes"], row["part_size_bytes"])
    return Reply(UploadCompleted(asset_id=row["id"], size_bytes=row["size_bytes"], part_count=count))


def _put_together(ask: Ask, row: Row, given: list[tuple[int, str]] | None) -> None:
    store, key, upload_id = ask.objects, row["upload_key"], row["upload_id"]
    try:
        stored = _stored(ask, key, upload_id)
    except NotFound:
        _check_arrived(ask, row)
        return
    found = parts.faults(row["size_bytes"], row["part_size_bytes"], stored, given)
    if found:
        raise problems.invalid(found)
    count = parts.part_count(row["size_bytes"], row["part_size_bytes"])
    try:
        store.complete_multipart(
            store.archive, key, upload_id, [(number, stored[number][0]) for number in range(1, count + 1)]
        )
    except NotFound:
        _check_arrived(ask, row)
    except Refused as fault:  # a part was sent again between our look and the store's
        raise Problem(
            422, "parts-changed", f"the object store refused the parts ({fault.code})", field="parts"
        ) from fault


def _stored(ask: Ask, key: str, upload_id: str) -> dict[int, tuple[str, int]]:
    """All parts that are there; at most ten pages."""
    stored: dict[int, tuple[str, int]] = {}
    after: int | None = 0
    while after is not None:
        page, after = ask.objects.parts(ask.objects.archive, key, upload_id, after=after)
        stored.update({part["part_number"]: (part["etag"], part["size_bytes"]) for part in page})
    return stored


def _check_arrived(ask: Ask, row: Row) -> None:
    """The store knows no such upload: it was completed by a call whose answer got lost, or it is gone.

    Raises:
        Problem: 409 when it is gone.
    """
    now = _asset(ask, row["id"], Action.RESUME)
    if now["status"] in BEGUN or now["upload_id"] is None:
        return
    try:
        arrived = ask.objects.head(ask.objects.archive, row["upload_key"]).size == row["size_bytes"]
    except NotFound:
        arrived = False
    if not arrived:
        raise Problem(
            409, "upload-gone", "the object store no longer has this upload: begin again", asset_id=str(row["id"])
        )  # fmt: skip


@table.post(
    "/assets/upload/abort", body=UploadAbort, answers={204: None}, problems=(403, 404, 409, 413, 415, 422)
)
def abort(ask: Ask, body: UploadAbort) -> Reply:
    """Throw away what has arrived; the asset is gone."""
    with ask.call.change() as work:
        row = _permitted(
            ask,
            query.api_lock_asset(work.connection, asset_id=body.asset_id, principals=ask.caller.principals),
            Action.RESUME,
        )
        _open(row)
        asset_id, project_id = str(row["id"]), row["project_id"]
        query.set_status(
            work.connection, asset_id=asset_id, status="deleted", reason_code="aborted", reason="the upload was aborted"
        )  # fmt: skip
        audit.write(work.connection, ask, "upload.abort", asset_id=asset_id, project_id=project_id)
        work.say("acervo.asset.deleted.v1", asset_id, {"asset_id": asset_id, "project_id": project_id})
    ask.objects.abort_multipart(ask.objects.archive, row["upload_key"], row["upload_id"])
    return Reply(status=204)
