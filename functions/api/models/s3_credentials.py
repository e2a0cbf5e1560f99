"""Keys for S3 clients that drop files into a project."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from functions.api.models.publications import Name
from functions.api.models.strict import Cursor, Received, Said


class S3CredentialMake(Received):
    name: Annotated[Name, Field(description="What it is for: a machine, a person, a group.")]


class S3Credential(Said):
    """`making`: it was begun and never shown; revoke it and make another."""

    id: UUID
    name: str
    state: Literal["making", "active", "revoked"]
    access_key: str | None
    owner: str = Field(description="The `owner` of assets that were dropped with it.")
    created_by: str
    created_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


class S3CredentialMade(S3Credential):
    """With all that a client needs. The secret is in this answer and never again."""

    secret_key: str
    endpoint: str
    region: str
    bucket: str
    prefix: str = Field(description="Where it may put objects; it can list there, and nothing else anywhere.")


class S3CredentialsQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]
