"""The S3 side of a gateway, old or new: clients that it understands, and the version that a record forgot to name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from rgw.record import Record, bucket_of, is_creation, key_of, version_of, with_version

CLOSE_S = 2.0  # HEAD tells whole seconds
MOST_VERSIONS = 10_000


@dataclass(frozen=True)
class Access:
    """How to reach a gateway."""

    endpoint: str
    access_key: str
    secret_key: str
    region: str = "default"


def connect(access: Access, service: str = "s3", *, connections: int = 16, timeout_s: float = 10.0) -> Any:
    """A boto3 client (`s3`, `sns`) that works with RGW 16 and newer.

    Checksums only when required: over https the default ones are sent as a trailer, which RGW 16 refuses.
    """
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(  # type: ignore[call-overload]  # the stubs know services by literal name only
        service,
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        config=Config(
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=timeout_s,
            read_timeout=timeout_s * 3,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=connections,
        ),
    )


def error_code(fault: Any) -> str:
    """The S3 code of a botocore ClientError; HEAD has no body, so it is a number there ("404")."""
    return str(fault.response.get("Error", {}).get("Code", ""))


def drop_notification(s3: Any, bucket: str, name: str) -> None:
    """Remove one notification of a bucket: an RGW extension (`DELETE /bucket?notification=id`) that boto3 does not know.

    Raises:
        botocore.exceptions.ClientError: refused.
    """
    import httpx
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import ClientError

    url = f"{s3.meta.endpoint_url}/{bucket}"
    request = AWSRequest("DELETE", url, params={"notification": name})
    S3SigV4Auth(s3._request_signer._credentials, "s3", s3.meta.region_name).add_auth(request)
    prepared = request.prepare()
    answer = httpx.delete(prepared.url, headers=dict(prepared.headers.items()), timeout=10)
    if not answer.is_success:
        raise ClientError(
            {"Error": {"Code": str(answer.status_code), "Message": answer.text[:200]}}, "DeleteNotification"
        )


def fill_version(s3: Any, record: Record) -> Record:
    """The record with the version that it announces; as it is when it names one, needs none or nothing is found.

    RGW 16 leaves `versionId` empty for a copy and for CompleteMultipartUpload.

    Raises:
        botocore.exceptions.ClientError, BotoCoreError: the gateway cannot say (down, not allowed).
    """
    from botocore.exceptions import ClientError

    if version_of(record) or not is_creation(record):
        return record
    bucket, key = bucket_of(record), key_of(record)
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as fault:
        if error_code(fault) not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise
    else:
        version = head.get("VersionId", "null")
        if version == "null":
            return record  # not versioned
        if _distance(head, record) <= CLOSE_S:
            return with_version(record, version)
    best = choose(islice(_versions(s3, bucket, key), MOST_VERSIONS), record)
    return with_version(record, best) if best else record


def choose(versions: Iterator[dict[str, Any]], record: Record) -> str:
    """Of the versions of one key, the one with the record's bytes whose time is nearest; "" when none has them."""
    fitting = [(_distance(version, record), version["VersionId"]) for version in versions]
    fitting = [(distance, name) for distance, name in fitting if distance != float("inf") and name != "null"]
    return str(min(fitting)[1]) if fitting else ""


def _distance(version: dict[str, Any], record: Record) -> float:
    """Seconds between what is stored and what was announced; infinite for other bytes."""
    announced = str(record["s3"]["object"].get("eTag") or "").strip('"')
    if announced and str(version.get("ETag", "")).strip('"') != announced:
        return float("inf")
    modified: datetime = version["LastModified"]
    try:
        told = datetime.fromisoformat(str(record.get("eventTime")))
    except ValueError:
        return 0.0
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return abs((modified - told).total_seconds())


def _versions(s3: Any, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    """The versions of exactly this key, the delete markers left out."""
    from botocore.exceptions import ClientError

    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    try:
        for page in pages:
            for version in page.get("Versions", []):
                if version["Key"] != key:
                    return
                yield version
    except ClientError as fault:
        if error_code(fault) != "NoSuchBucket":
            raise
