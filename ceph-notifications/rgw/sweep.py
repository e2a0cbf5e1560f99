"""Finds uploads that no event announced: a gateway restart delays events, and nothing that counts on messages alone is safe.

Needs no database: the caller says which keys it knows. What is found is said in the same words and under the same id as the
gateway's own notification would have been, so an event that comes late after all is a duplicate and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from acervo.events import Event
from rgw.record import Record, build_event, build_record

GRACE = timedelta(minutes=5)
PREFIX = "uploads/"
PAGE = 1000


def unannounced(
    s3: Any,
    bucket: str,
    known: Callable[[list[str]], Collection[str]],
    now: datetime,
    *,
    prefix: str = PREFIX,
    grace: timedelta = GRACE,
) -> Iterator[Record]:
    """Records of the current versions under `prefix`, older than `grace`, whose keys are not known.

    Args:
        known: of at most 1000 keys, those that need no event; called once a page.
        now: aware; what is younger than `now - grace` may still be announced.
    """
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": PAGE}
    )
    for page in pages:
        due = [
            item
            for item in page.get("Versions", [])
            if item["IsLatest"] and item["LastModified"] <= now - grace and not item["Key"].endswith("/")
        ]
        if not due:
            continue
        told = set(known([item["Key"] for item in due]))
        for item in due:
            if item["Key"] not in told:
                version = item.get("VersionId", "null")
                yield build_record(
                    bucket,
                    item["Key"],
                    size=item["Size"],
                    etag=item["ETag"],
                    version="" if version == "null" else version,
                    modified=item["LastModified"],
                )


def sweep(
    s3: Any,
    bucket: str,
    known: Callable[[list[str]], Collection[str]],
    now: datetime,
    *,
    prefix: str = PREFIX,
    grace: timedelta = GRACE,
) -> Iterator[Event]:
    """The events of `unannounced`, one by one."""
    return map(build_event, unannounced(s3, bucket, known, now, prefix=prefix, grace=grace))
