"""Which asset an object belongs to."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from functions.ingest.arrival import Arrival, belongs_to, parse

KEY, ETAG = "uploads/noticias/film.mp4", '"e1"'
ARRIVAL = Arrival("dam-archive", KEY, "camera7")


def row(status: str, key: str | None = KEY, came: str | None = None, asset_id: str = "a") -> dict[str, Any]:
    technical = {"received": {"key": KEY, "etag": came}} if came else {}
    return {"id": asset_id, "status": status, "upload_key": key, "technical": technical}


def record(**user: str) -> dict[str, Any]:
    return {
        "userIdentity": user,
        "s3": {"bucket": {"name": "dam-archive"}, "object": {"key": "uploads/a/ñ +%41.mp4", "size": 1}},
    }


def test_a_record_is_read_bare_and_wrapped_and_its_key_stays_raw() -> None:
    bare = parse(record(principalId="camera7"))
    assert bare == parse({"Records": [record(principalId="camera7")]})
    assert bare == Arrival("dam-archive", "uploads/a/ñ +%41.mp4", "camera7")
    assert parse(record()).principal == "unknown"


@pytest.mark.parametrize(
    ("key", "project", "name"),
    [
        ("uploads/noticias/film.mp4", "noticias", "film.mp4"), ("uploads/noticias/a/b/film.mp4", "noticias", "film.mp4"),
        ("uploads/film.mp4", None, "film.mp4"), ("uploads//film.mp4", None, "film.mp4"), ("uploads/noticias/dir/", "noticias", "dir"),
        ("uploads/noticias/../../x", "noticias", "x"),
    ],
)  # fmt: skip
def test_project_and_name_are_parts_of_the_key(key: str, project: str | None, name: str) -> None:
    came = Arrival("dam-archive", key, "x")
    assert (came.project, came.name) == (project, name)


def test_an_asset_that_waits_for_this_key_gets_it() -> None:
    waiting = row("uploading")
    assert belongs_to(ARRIVAL, ETAG, [row("processing", None, '"other"'), waiting]).asset is waiting


@pytest.mark.parametrize("status", ["processing", "ready", "error", "rejected"])
def test_an_object_that_was_taken_before_belongs_to_what_it_became(status: str) -> None:
    before = row(status, None, ETAG)
    assert belongs_to(ARRIVAL, ETAG, [before]).asset is before


def test_other_bytes_under_the_same_key_are_new_and_the_old_asset_gives_the_key_up() -> None:
    before = row("rejected", KEY, '"other"')
    found = belongs_to(ARRIVAL, ETAG, [before])
    assert (found.asset, found.stale) == (None, before)


def test_bytes_dropped_again_after_their_asset_was_deleted_are_new() -> None:
    assert belongs_to(ARRIVAL, ETAG, [row("deleted", None, ETAG)]).asset is None


def test_an_announced_asset_that_was_deleted_meanwhile_keeps_its_object() -> None:
    asset_id = str(uuid.uuid4())
    came = Arrival("dam-archive", f"uploads/noticias/{asset_id}/film.mp4", "x")
    gone = {**row("deleted", came.key), "id": asset_id}
    assert belongs_to(came, ETAG, [gone]).asset is gone


def test_an_id_in_a_key_gives_no_claim_to_somebody_elses_asset() -> None:
    asset_id = str(uuid.uuid4())
    came = Arrival("dam-archive", f"uploads/noticias/{asset_id}/evil.mp4", "x")
    other = {**row("uploading", f"uploads/noticias/{asset_id}/film.mp4"), "id": asset_id}
    assert belongs_to(came, ETAG, [other]).asset is None


def test_ids_of_dropped_objects_follow_from_key_and_bytes() -> None:
    assert ARRIVAL.dropped_id(ETAG) == ARRIVAL.dropped_id(ETAG)
    assert ARRIVAL.dropped_id(ETAG) != ARRIVAL.dropped_id('"e2"')
    assert ARRIVAL.candidate_ids(ETAG) == [ARRIVAL.dropped_id(ETAG)]
