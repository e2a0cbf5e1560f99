"""Frames, objects and written text of films and pictures, from an event to rows: real PostgreSQL, Ceph and models."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image

from acervo.database import query
from tests.fix_enrichment import COMPLETED, LOWER_THIRD, REQUESTED, Enrichment
from tests.fix_media import clip
from tests.media import make

pytestmark = pytest.mark.ceph


def test_a_film_becomes_shots_objects_text_and_a_storyboard(
    enrichment: Enrichment, street_report: Path
) -> None:
    event = enrichment.add(street_report, "video", 6.0)
    asset_id = event.subject
    enrichment.settle(event)
    assert enrichment.states(asset_id) == {"frames": "done", "objects": "done", "ocr": "done"}
    assert {answer[2] for answer in enrichment.answers} == {202}
    assert not any(
        row["required"] for row in enrichment.rows("select * from jobs where asset_id = %s", asset_id)
    )

    frames = enrichment.of("frames", asset_id)
    assert frames[0]["at_ms"] == 0
    assert all(a["until_ms"] == b["at_ms"] for a, b in itertools.pairwise(frames))
    (rendition,) = enrichment.rows(
        "select * from renditions where asset_id = %s and profile = 'storyboard'", asset_id
    )
    track = enrichment.objects.get_bytes(rendition["bucket"], rendition["key"]).decode()
    shots = enrichment.of("shots", asset_id)
    assert track.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert track.count("-->") == len(shots) == rendition["detail"]["shots"]
    picture = f"{rendition['key'].rsplit('/', 1)[0]}/{track.split()[4]}"
    assert enrichment.objects.get_bytes(enrichment.objects.proxies, picture)[8:12] == b"WEBP"

    found = enrichment.of("detections", asset_id)
    assert {"person", "car"} & {row["label"] for row in found}
    assert all(0 <= row["start_ms"] < row["end_ms"] <= 6_100 for row in found)
    assert {row["model"] for row in found} == {"yolo11n@8.3.250"}
    with enrichment.database.transaction() as connection:
        tags = list(query.shown_tags(connection, asset_ids=[asset_id]))
    assert {tag["value"] for tag in tags} == {row["label"] for row in found}

    (line,) = [row for row in enrichment.of("ocr_texts", asset_id) if row["text"] == LOWER_THIRD]
    assert 1_900 <= line["start_ms"] <= 4_000
    assert 5_500 <= line["end_ms"] <= 6_100
    assert line["model"] == "pp-ocr-small@6.0.0"
    x, y, width, height = line["box"]
    assert 0 < x < x + width < 1
    assert 0.6 < y < y + height < 1

    done = enrichment.said(COMPLETED, asset_id)
    assert sorted(e.data["step"] for e in done) == ["frames", "objects", "ocr"]
    assert all(e.extensions["step"] == e.data["step"] for e in done + enrichment.said(REQUESTED, asset_id))

    # everything again, and reconcile's event with another id: nothing is done twice
    before = [enrichment.of(table, asset_id) for table in ("frames", "shots", "detections", "ocr_texts")]
    asked = len(enrichment.said(REQUESTED, asset_id))
    enrichment.settle(*enrichment.broker.events, replace(event, id="another"))
    assert [enrichment.of(t, asset_id) for t in ("frames", "shots", "detections", "ocr_texts")] == before
    assert len(enrichment.said(COMPLETED, asset_id)) == 2 * len(done), "only what was delivered again"
    assert len(enrichment.said(REQUESTED, asset_id)) == 2 * asked


def test_pictures_have_objects_and_are_found_by_their_copies(
    enrichment: Enrichment, street_report: Path, tmp_path: Path
) -> None:
    with av.open(str(clip("bikes.mp4"))) as film:
        found = next(f for n, f in enumerate(film.decode(video=0)) if n == 40)
    frame = Image.fromarray(found.to_ndarray(format="rgb24"))
    frame.save(tmp_path / "photo.jpg", quality=92)
    frame.resize((320, 136)).save(tmp_path / "copy.jpg", quality=50)
    make.photo(tmp_path, "other.jpg", (640, 480))
    photo, copy, other, elsewhere = (
        enrichment.add(tmp_path / name, "image", project=project)
        for name, project in (
            ("photo.jpg", "pictures"), ("copy.jpg", "pictures"), ("other.jpg", "pictures"), ("copy.jpg", "secret"),
        )
    )  # fmt: skip
    enrichment.settle(photo, copy, other, elsewhere)
    assert "person" in {row["label"] for row in enrichment.of("detections", photo.subject)}
    assert enrichment.states(other.subject) == {"frames": "done", "objects": "done", "ocr": "done"}

    def alike(projects: list[str] | None) -> set[str]:
        with enrichment.database.transaction() as connection:
            rows = query.near_duplicates(
                connection,
                asset_id=photo.subject,
                projects=projects,
                most_bits=8,
                after_bits=None,
                after_id=None,
                limit=10,
            )
            return {str(row["asset_id"]) for row in rows}

    assert alike(["pictures"]) == {copy.subject}
    assert alike(None) == {copy.subject, elsewhere.subject}
