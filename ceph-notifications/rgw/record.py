"""S3 event records and the CloudEvents made of them. Pure: the bridge and the sweep share it, so both say the same ids.

The id of an event follows from what happened, never from how often or by which way we were told: bucket, key, version
and kind. Two topics, a retry and the sweep name the creation of one version alike, and an inbox sees one event. Without a
version (unversioned bucket, or an object that is gone) the gateway's sequencer and the full name stand in for it.
"""

from __future__ import annotations

import copy
import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from acervo.events import NAMESPACE, Event

Record = dict[str, Any]
LONGEST_KEY = 1024  # bytes, S3's own limit
MOST_RECORDS = 1000


class InvalidRecord(ValueError):
    """What is wrong with what was received."""


def parse(body: bytes) -> list[Any]:
    """The records of one notification, not looked at one by one yet.

    Raises:
        InvalidRecord: not JSON, or not `{"Records": […]}`.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise InvalidRecord("the body is not JSON") from fault
    records = message.get("Records") if isinstance(message, dict) else None
    if not isinstance(records, list):
        raise InvalidRecord("the body is not an object with a list `Records`")
    if len(records) > MOST_RECORDS:
        raise InvalidRecord(f"more than {MOST_RECORDS} records in one notification")
    return records


def check(record: Any) -> Record:
    """The record itself when it has all that an event needs.

    Raises:
        InvalidRecord: names the member.
    """
    if not isinstance(record, dict):
        raise InvalidRecord("a record is an object")
    for path in ("eventName", "s3.bucket.name", "s3.object.key"):
        value: Any = record
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str) or not value:
            raise InvalidRecord(f"{path} is missing or not text")
    if len(record["s3"]["object"]["key"].encode("utf-8", "surrogatepass")) > LONGEST_KEY:
        raise InvalidRecord(f"s3.object.key is longer than {LONGEST_KEY} bytes")
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as fault:
        raise InvalidRecord("the record holds a lone surrogate") from fault
    return record


def bucket_of(record: Record) -> str:
    return str(record["s3"]["bucket"]["name"])


def key_of(record: Record) -> str:
    return str(record["s3"]["object"]["key"])


def version_of(record: Record) -> str:
    """The version, or "" where there is none or it is not known."""
    return str(record["s3"]["object"].get("versionId") or "")


def name_of(record: Record) -> str:
    """`ObjectCreated:Put`; AWS and older gateways differ in an `s3:` before it."""
    return str(record["eventName"]).removeprefix("s3:")


def is_creation(record: Record) -> bool:
    return name_of(record).startswith("ObjectCreated:")


def with_version(record: Record, version: str) -> Record:
    filled = copy.deepcopy(record)
    filled["s3"]["object"]["versionId"] = version
    return filled


def receipt(record: Record) -> str:
    """Names one telling of one change: the same when the gateway repeats itself, another for another topic."""
    told = (str(record["s3"].get("configurationId", "")), _sequence(record))
    return _uuid(bucket_of(record), key_of(record), name_of(record), *told)


def identity(record: Record) -> str:
    """Names the change itself, see the head of this file."""
    version = version_of(record)
    if version:
        return _uuid(bucket_of(record), key_of(record), version, name_of(record).split(":")[0])
    return _uuid(bucket_of(record), key_of(record), _sequence(record), name_of(record))


def _sequence(record: Record) -> str:
    return str(
        record["s3"]["object"].get("sequencer") or record.get("eventId") or record.get("eventTime") or ""
    )


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(quote(part, safe="") for part in parts)))


def build_event(record: Record) -> Event:
    """The CloudEvent of a record; `data` is the record itself."""
    region = record.get("awsRegion") or "default"
    attributes: dict[str, Any] = {"time": record["eventTime"]} if record.get("eventTime") else {}
    return Event(
        id=identity(record),
        source=f"ceph:s3.{region}.{bucket_of(record)}",
        type=f"com.amazonaws.{name_of(record)}",
        subject=quote(key_of(record), safe="/"),
        data=record,
        **attributes,
    )


def build_record(
    bucket: str, key: str, *, size: int, etag: str, version: str, modified: datetime, region: str = ""
) -> Record:
    """What the gateway would have said when this object was created, for an object that was found by listing."""
    bare = etag.strip('"')
    name = "ObjectCreated:CompleteMultipartUpload" if "-" in bare else "ObjectCreated:Put"
    return {
        "eventVersion": "2.2",
        "eventSource": "ceph:s3",
        "awsRegion": region,
        "eventTime": modified.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "sweep",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {
                "key": key,
                "size": size,
                "eTag": bare,
                "versionId": version,
                "sequencer": "",
                "metadata": [],
                "tags": [],
            },
        },
    }
