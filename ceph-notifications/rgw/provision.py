"""Makes a gateway hold what is declared: reads, compares, writes only what differs. Again is free; nothing is ever deleted.

Order matters: topics before the notifications that name them, and a topic that changed makes its notification be put
again, because a gateway copies the topic into the bucket's notification.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from rgw import declaration as declared
from rgw.declaration import Bucket, Declaration, Topic
from rgw.store import drop_notification, error_code

PUBLIC = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
OWN = "acervo-"  # notifications with other names are somebody else's and stay


class ProvisionError(Exception):
    """What the gateway refused."""


@dataclass(frozen=True)
class Change:
    """One thing that was (or, in a dry run, would be) written."""

    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.detail}"


class Provision:
    """One application of a declaration to one gateway."""

    def __init__(
        self, s3: Any, sns: Any, declaration: Declaration, via: str, *, dry_run: bool = False
    ) -> None:
        if via not in declared.VIAS:
            raise ProvisionError(f"via is one of {declared.VIAS}, not {via!r}")
        self._s3, self._sns, self._declaration, self._via, self._dry_run = s3, sns, declaration, via, dry_run

    def apply(self) -> Iterator[Change]:
        """Each change after it was made.

        Raises:
            ProvisionError: says what was refused.
        """
        arns: dict[str, str] = {}
        touched: set[str] = set()
        known = self._topics()
        for topic in self._declaration.topics:
            if self._via not in topic.via:
                continue
            for change in self._topic(topic, known):
                touched.add(topic.name)
                yield change
            arns[topic.name] = known.get(topic.name, f"(to be made: {topic.name})")
        for bucket in self._declaration.buckets:
            new = not self._exists(bucket)
            if new:
                yield self._do(
                    f"bucket {bucket.name}", f"made, {bucket.storage_class}", partial(self._create, bucket)
                )
            if new and self._dry_run:
                continue
            yield from self._versioning(bucket)
            yield from self._lifecycle(bucket)
            yield from self._cors(bucket)
            yield from self._drops(bucket)
            yield from self._notification(bucket, arns, touched)

    def _do(self, what: str, detail: str, effect: Callable[[], Any]) -> Change:
        if not self._dry_run:
            try:
                effect()
            except ClientError as fault:
                raise ProvisionError(f"{what}: {fault}") from fault
        return Change(what, detail)

    # -- topics -------------------------------------------------------------------------------------------------------
    def _topics(self) -> dict[str, str]:
        """Name → ARN of every topic there is."""
        found: dict[str, str] = {}
        token: dict[str, str] = {}
        while True:
            page = self._sns.list_topics(**token)
            found.update(
                {item["TopicArn"].rsplit(":", 1)[1]: item["TopicArn"] for item in page.get("Topics", [])}
            )
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def _topic(self, topic: Topic, known: dict[str, str]) -> Iterator[Change]:
        wanted = (topic.push, topic.persistent, self._via == "broker")
        if topic.name in known and self._topic_state(known[topic.name]) == wanted:
            return
        attributes = {
            "push-endpoint": topic.push,
            "persistent": _text(topic.persistent),
            "cloudevents": _text(wanted[2]),
        }
        verb = "changed" if topic.name in known else "made"
        detail = f"{verb}, pushes to {topic.push}" + (" as CloudEvents" if wanted[2] else "")

        def put() -> None:
            known[topic.name] = self._sns.create_topic(Name=topic.name, Attributes=attributes)["TopicArn"]

        yield self._do(f"topic {topic.name}", detail, put)

    def _topic_state(self, arn: str) -> tuple[str, bool, bool]:
        """(push address, persistent, CloudEvents) as the gateway has it."""
        endpoint = json.loads(
            self._sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("EndPoint") or "{}"
        )
        persistent = str(endpoint.get("Persistent", "false")).lower() == "true"
        arguments = str(endpoint.get("EndpointArgs", "")).split("&")
        return str(endpoint.get("EndpointAddress", "")), persistent, "cloudevents=true" in arguments

    # -- buckets ------------------------------------------------------------------------------------------------------
    def _exists(self, bucket: Bucket) -> bool:
        try:
            self._s3.head_bucket(Bucket=bucket.name)
        except ClientError as fault:
            if error_code(fault) in ("404", "NoSuchBucket"):
                return False
            raise ProvisionError(f"bucket {bucket.name}: {fault}") from fault
        return True

    def _create(self, bucket: Bucket) -> None:
        """Make it; its objects inherit the storage class that this request is sent with (RGW; no S3 call can set it later)."""
        arguments: dict[str, Any] = {}
        if bucket.placement:
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": f":{bucket.placement}"}
        with self._header("CreateBucket", "x-amz-storage-class", bucket.storage_class):
            self._s3.create_bucket(Bucket=bucket.name, **arguments)

    @contextlib.contextmanager
    def _header(self, operation: str, name: str, value: str) -> Iterator[None]:
        def add(request: Any, **_: Any) -> None:
            request.headers[name] = value

        self._s3.meta.events.register(f"before-sign.s3.{operation}", add)
        try:
            yield
        finally:
            self._s3.meta.events.unregister(f"before-sign.s3.{operation}", add)

    def _versioning(self, bucket: Bucket) -> Iterator[Change]:
        if (
            not bucket.versioning
            or self._s3.get_bucket_versioning(Bucket=bucket.name).get("Status") == "Enabled"
        ):
            return
        yield self._do(
            f"bucket {bucket.name}",
            "versioning on",
            lambda: self._s3.put_bucket_versioning(
                Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
            ),
        )

    def _lifecycle(self, bucket: Bucket) -> Iterator[Change]:
        wanted = declared.lifecycle_rules(bucket)
        found = self._get(
            self._s3.get_bucket_lifecycle_configuration, bucket.name, "NoSuchLifecycleConfiguration"
        ).get("Rules", [])
        if not wanted or declared.normal(found) == declared.normal(wanted):
            return
        yield self._do(
            f"bucket {bucket.name}",
            "lifecycle " + ", ".join(rule["ID"] for rule in wanted),
            lambda: self._s3.put_bucket_lifecycle_configuration(
                Bucket=bucket.name, LifecycleConfiguration={"Rules": wanted}
            ),
        )

    def _cors(self, bucket: Bucket) -> Iterator[Change]:
        wanted = declared.cors_rules(bucket, self._declaration)
        found = self._get(self._s3.get_bucket_cors, bucket.name, "NoSuchCORSConfiguration").get(
            "CORSRules", []
        )
        if not wanted or declared.normal(found) == declared.normal(wanted):
            return
        yield self._do(
            f"bucket {bucket.name}",
            "CORS for " + ", ".join(origin for rule in wanted for origin in rule["AllowedOrigins"]),
            lambda: self._s3.put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": wanted}),
        )

    def _drops(self, bucket: Bucket) -> Iterator[Change]:
        """What somebody else puts into a bucket is theirs, to RGW as to S3: the owner needs a policy to read it, and the public must not.

        Ignored, not blocked: with BlockPublicAcls RGW 16 refuses every PUT.
        """
        if not bucket.drops:
            return
        owner = self._s3.get_bucket_acl(Bucket=bucket.name)["Owner"]["ID"]
        found = json.loads(
            self._get(self._s3.get_bucket_policy, bucket.name, "NoSuchBucketPolicy").get("Policy", "{}")
        )
        wanted = declared.with_owner(found, bucket.name, owner)
        if found.get("Statement", []) != wanted["Statement"]:
            yield self._do(
                f"bucket {bucket.name}", "its owner reads what others put there",
                lambda: self._s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(wanted, separators=(",", ":"))),
            )  # fmt: skip
        block = self._get(
            self._s3.get_public_access_block, bucket.name, "NoSuchPublicAccessBlockConfiguration"
        )
        if not block.get("PublicAccessBlockConfiguration", {}).get("IgnorePublicAcls"):
            yield self._do(
                f"bucket {bucket.name}", "no object is public",
                lambda: self._s3.put_public_access_block(
                    Bucket=bucket.name, PublicAccessBlockConfiguration={**dict.fromkeys(PUBLIC, False), "IgnorePublicAcls": True}
                ),
            )  # fmt: skip

    def _notification(self, bucket: Bucket, arns: dict[str, str], touched: set[str]) -> Iterator[Change]:
        wanted = declared.topic_configurations(bucket.name, arns, self._declaration)
        found = self._s3.get_bucket_notification_configuration(Bucket=bucket.name).get(
            "TopicConfigurations", []
        )
        names = {item["Id"] for item in wanted}
        others = [item for item in found if item["Id"] not in names and not item["Id"].startswith(OWN)]
        stale = [item["Id"] for item in found if item["Id"] not in names and item["Id"].startswith(OWN)]
        same = declared.normal([item for item in found if item["Id"] in names]) == declared.normal(wanted)
        if same and not stale and not names & touched:
            return

        def put() -> None:
            for name in stale:  # RGW adds what a PUT names and drops nothing
                drop_notification(self._s3, bucket.name, name)
            if others or wanted:
                configuration = {"TopicConfigurations": [*others, *wanted]}
                self._s3.put_bucket_notification_configuration(
                    Bucket=bucket.name, NotificationConfiguration=configuration
                )

        detail = "notifies " + ", ".join(sorted(names)) + (f"; no more {', '.join(stale)}" if stale else "")
        yield self._do(f"bucket {bucket.name}", detail, put)

    def _get(self, call: Callable[..., dict[str, Any]], bucket: str, absent: str) -> dict[str, Any]:
        try:
            return call(Bucket=bucket)
        except ClientError as fault:
            if error_code(fault) == absent:
                return {}
            raise ProvisionError(f"bucket {bucket}: {fault}") from fault


def _text(value: bool) -> str:
    return "true" if value else "false"
