"""Rows as ingest and transcode leave them, for tests of the API that look at nothing else of those."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.fix_api import Api

SHA = "ab" * 32
INSERT = """insert into assets (id, project_id, name, kind, status, owner, size_bytes, mime_type, sha256, master_key, technical, created_at)
            values (%s, %s, %s, %s, %s, %s, 11, 'video/mp4', %s, %s, '{"duration_s": 2.5, "audio": [{}]}', %s)"""


def make_asset(
    api: Api,
    project: str = "noticias",
    *,
    name: str = "Película – 1.mp4",
    kind: str = "video",
    status: str = "ready",
    owner: str = "user:editora",
    created_at: datetime | None = None,
) -> str:
    """An asset as ingest leaves it (the master's bytes only where a test puts them)."""
    asset_id = str(uuid4())
    sha256 = uuid4().hex * 2
    at = created_at or datetime.now(UTC)
    api.sql(
        INSERT,
        asset_id,
        project,
        name,
        kind,
        status,
        owner,
        sha256,
        f"masters/{asset_id}/{sha256}/source.mp4",
        at,
    )
    return asset_id


def make_job(
    api: Api, asset_id: str, state: str = "running", kind: str = "transcode", chunks: int = 4
) -> str:
    job_id = str(uuid4())
    api.sql(
        "insert into jobs (id, asset_id, kind, state, chunks_total, cause) values (%s, %s, %s, %s, %s, %s)",
        job_id, asset_id, kind, state, chunks, job_id,
    )  # fmt: skip
    for number in range(chunks):
        api.sql("insert into job_chunks (job_id, number, spec) values (%s, %s, '{}')", job_id, number)
    return job_id


def outbox_of(api: Api, asset_id: str) -> list[dict[str, Any]]:
    rows = api.sql("select event from outbox where event->>'subject' = %s order by position", asset_id)
    return [row["event"] for row in rows]
