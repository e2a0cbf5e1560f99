"""What a key for dropping files may do: put objects under one prefix and list there. Pure; an S3 policy document of the key's own user.

The last statement is about RGW: who puts an object owns it, whatever the bucket's owner thinks, and could read it, share it or retag it.
It names its actions because RGW 16 takes a `NotAction` without an `Action` for a statement that never applies.
"""

from __future__ import annotations

import json

OWNERS_ACTIONS = (
    "GetObject*", "PutObjectAcl", "PutObjectVersionAcl", "PutObjectTagging", "PutObjectVersionTagging", "PutObjectRetention",
    "PutObjectLegalHold", "RestoreObject", "Delete*",
)  # fmt: skip


def prefix_of(project_id: str) -> str:
    """Where the files of a project land; ends in a slash, or `p1` would reach into `p10`."""
    return f"uploads/{project_id}/"


def build_policy(bucket: str, project_id: str) -> str:
    """Compact JSON: RGW refuses a policy with blanks in it."""
    arn, prefix = f"arn:aws:s3:::{bucket}", prefix_of(project_id)
    statements = [
        _statement("Allow", ["PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"], f"{arn}/{prefix}*"),
        {**_statement("Allow", ["ListBucket"], arn), "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*"]}}},
        _statement("Allow", ["GetBucketLocation"], arn),
        _statement("Deny", [*OWNERS_ACTIONS], "*"),
    ]  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _statement(effect: str, actions: list[str], resource: str) -> dict[str, object]:
    return {"Effect": effect, "Action": [f"s3:{action}" for action in actions], "Resource": [resource]}
