"""`buckets.yaml` read into values, and the S3 documents that they mean. Pure.

Two ways for notifications: `bridge` (plain records to our bridge) and `broker` (CloudEvents straight to a broker, Ceph 17 and newer).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import yaml

T = TypeVar("T")
VIAS = ("bridge", "broker")
OWNER_SID = "acervo-owner"
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(:-([^}]*))?\}")


class DeclarationError(ValueError):
    """What is wrong where in the declaration."""


@dataclass(frozen=True)
class Lifecycle:
    id: str
    prefix: str = ""
    abort_multipart_days: int = 0
    expire_days: int = 0
    noncurrent_days: int = 0
    expired_delete_markers: bool = False


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    max_age_s: int = 3600


@dataclass(frozen=True)
class Bucket:
    name: str
    versioning: bool = False
    placement: str = ""
    storage_class: str = "STANDARD"
    cors: tuple[str, ...] = ()
    lifecycle: tuple[Lifecycle, ...] = ()
    drops: bool = False  # users with keys of their own put objects here: the bucket's owner reads them, the public does not


@dataclass(frozen=True)
class Topic:
    name: str
    push: str
    via: tuple[str, ...]
    persistent: bool = True


@dataclass(frozen=True)
class Notification:
    bucket: str
    topics: tuple[str, ...]
    events: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True)
class Declaration:
    buckets: tuple[Bucket, ...]
    cors: Mapping[str, Cors]
    topics: tuple[Topic, ...]
    notifications: tuple[Notification, ...]


# -- reading ----------------------------------------------------------------------------------------------------------
def parse(text: str, env: Mapping[str, str]) -> Declaration:
    """Raises: DeclarationError: names the place."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise DeclarationError(f"not YAML: {fault}") from fault
    if not isinstance(value, dict) or set(value) - {"buckets", "cors", "topics", "notifications"}:
        raise DeclarationError("the top has buckets, cors, topics and notifications, nothing else")
    value = _expand(value, env)
    buckets = tuple(
        _build(Bucket, {**item, "lifecycle": tuple(_build(Lifecycle, rule, "lifecycle") for rule in item.get("lifecycle", ()))}, "buckets")
        for item in value.get("buckets", ())
    )  # fmt: skip
    declaration = Declaration(
        buckets=buckets,
        cors={name: _build(Cors, item, f"cors.{name}") for name, item in value.get("cors", {}).items()},
        topics=tuple(_build(Topic, item, "topics") for item in value.get("topics", ())),
        notifications=tuple(
            _build(Notification, item, "notifications") for item in value.get("notifications", ())
        ),
    )
    _check(declaration)
    return declaration


def _check(declaration: Declaration) -> None:
    names, topics = (
        {bucket.name for bucket in declaration.buckets},
        {topic.name for topic in declaration.topics},
    )
    for bucket in declaration.buckets:
        if missing := set(bucket.cors) - set(declaration.cors):
            raise DeclarationError(f"bucket {bucket.name}: no cors named {sorted(missing)}")
    for notification in declaration.notifications:
        if notification.bucket not in names:
            raise DeclarationError(f"notification of {notification.bucket}: no such bucket is declared")
        if missing := set(notification.topics) - topics:
            raise DeclarationError(f"notification of {notification.bucket}: no topic named {sorted(missing)}")
        # RGW 16 goes through topics by name and gives up at the first push that fails: what it keeps must be kept before that
        kinds = [
            topic.persistent
            for topic in sorted(declaration.topics, key=lambda topic: topic.name)
            if topic.name in notification.topics
        ]
        if kinds != sorted(kinds, reverse=True):
            raise DeclarationError(
                f"notification of {notification.bucket}: names of persistent topics must sort before the others"
            )
    for topic in declaration.topics:
        if set(topic.via) - set(VIAS):
            raise DeclarationError(f"topic {topic.name}: via is among {list(VIAS)}")
        if not topic.push.startswith(("http://", "https://")):
            raise DeclarationError(f"topic {topic.name}: push is no http address: {topic.push!r}")


def _expand(value: Any, env: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _expand(item, env) for name, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, env) for item in value]
    return _REFERENCE.sub(lambda match: _lookup(match, env), value) if isinstance(value, str) else value


def _lookup(match: re.Match[str], env: Mapping[str, str]) -> str:
    found = env.get(match[1]) or match[3]
    if found is None:
        raise DeclarationError(f"{match[1]} is not set")
    return found


def _build(cls: type[T], item: Any, where: str) -> T:
    if not isinstance(item, dict):
        raise DeclarationError(f"{where}: {item!r} is not a mapping")
    hints = {field.name: str(field.type) for field in fields(cls)}  # type: ignore[arg-type]  # every cls here is a dataclass
    if unknown := set(item) - set(hints):
        raise DeclarationError(f"{where}: unknown {sorted(unknown)}")
    values = {name: _fit(value, hints[name], f"{where}.{name}") for name, value in item.items()}
    try:
        return cls(**values)
    except TypeError as fault:
        raise DeclarationError(f"{where}: {fault}") from fault


def _fit(value: Any, hint: str, where: str) -> Any:
    if hint == "tuple[str, ...]":
        items = value.split(",") if isinstance(value, str) else value
        return tuple(str(item).strip() for item in items if str(item).strip())
    if hint in ("str", "int", "bool") and type(value).__name__ != hint:
        raise DeclarationError(f"{where}: {value!r} is not {hint}")
    return value


# -- S3 documents -----------------------------------------------------------------------------------------------------
def cors_rules(bucket: Bucket, declaration: Declaration) -> list[dict[str, Any]]:
    return [
        {
            "ID": name,
            "AllowedOrigins": list(cors.origins),
            "AllowedMethods": list(cors.methods),
            "AllowedHeaders": list(cors.headers),
            "ExposeHeaders": list(cors.expose),
            "MaxAgeSeconds": cors.max_age_s,
        }
        for name, cors in ((name, declaration.cors[name]) for name in bucket.cors)
    ]


def lifecycle_rules(bucket: Bucket) -> list[dict[str, Any]]:
    rules = []
    for rule in bucket.lifecycle:
        document: dict[str, Any] = {"ID": rule.id, "Status": "Enabled", "Filter": {"Prefix": rule.prefix}}
        if rule.abort_multipart_days:
            document["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule.abort_multipart_days}
        if rule.expire_days:
            document["Expiration"] = {"Days": rule.expire_days}
        if rule.expired_delete_markers:
            document["Expiration"] = {"ExpiredObjectDeleteMarker": True}
        if rule.noncurrent_days:
            document["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule.noncurrent_days}
        rules.append(document)
    return rules


def topic_configurations(
    bucket: str, arns: Mapping[str, str], declaration: Declaration
) -> list[dict[str, Any]]:
    """Of one bucket. Args: arns: of the topics that are in use."""
    return [
        {
            "Id": name,
            "TopicArn": arns[name],
            "Events": sorted(notification.events),
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": notification.prefix}]}},
        }
        for notification in declaration.notifications
        if notification.bucket == bucket
        for name in notification.topics
        if name in arns
    ]


def with_owner(policy: Mapping[str, Any], bucket: str, owner: str) -> dict[str, Any]:
    """The bucket's policy with our one statement: its owner may do everything with what others have put there. Other statements stay."""
    arn = f"arn:aws:s3:::{bucket}"
    ours = {
        "Sid": OWNER_SID, "Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{owner}"]},
        "Action": ["s3:*"], "Resource": [arn, f"{arn}/*"],
    }  # fmt: skip
    others = [statement for statement in policy.get("Statement", []) if statement.get("Sid") != OWNER_SID]
    return {"Version": "2012-10-17", **policy, "Statement": [*others, ours]}


def normal(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules in the one form that can be compared: gateways move a prefix in and out of Filter and choose their own order."""
    return sorted((_normal(rule) for rule in rules), key=lambda rule: str(rule.get("ID") or rule.get("Id")))


def _normal(rule: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {
        name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()
    }
    if "Status" in flat:  # a lifecycle rule
        prefix = flat.pop("Prefix", None)
        flat["Filter"] = {
            "Prefix": prefix if prefix is not None else flat.get("Filter", {}).get("Prefix", "")
        }
    if "TopicArn" in flat:
        found = flat.pop("Filter", {}).get("Key", {}).get("FilterRules", [])
        flat["Filter"] = sorted((item["Name"].lower(), item["Value"]) for item in found)
    return flat
