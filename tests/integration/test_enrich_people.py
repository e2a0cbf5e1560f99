"""What people put right is shown, captioned and found, and stays when a step runs again."""

from __future__ import annotations

from pathlib import Path

import pytest

from acervo import edits
from acervo.database import query
from functions.enrich import completion, reprocess
from functions.enrich.transcript import Word, build_segment
from tests.fix_enrichment import CHANGED, COMPLETED, Enrichment, put_speech
from tests.media import make

pytestmark = pytest.mark.ceph


def test_a_corrected_line_is_shown_captioned_and_found_and_can_be_taken_back(
    enrichment: Enrichment, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    event = enrichment.add(tmp_path / "voice.wav", "audio", 30.0, project="people")
    asset_id = str(event.subject)
    put_speech(enrichment, asset_id, "el pebe equis llama", "otra cosa")
    call = enrichment.call()
    with call.change() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        from functions.enrich import completion

        completion.put_captions(
            call, work, asset, list(query.transcript_lines(work.connection, asset_id=asset_id)), "es"
        )
    enrichment.settle(event)
    (version,) = enrichment.rows("select version from assets where id = %s", asset_id)

    with call.change() as work:
        edit = edits.correct_line(work, asset_id, 0, "el PBX  llama", "user:ana")
    enrichment.settle()
    shown = enrichment.of("transcript_segments", asset_id)
    assert [(row["text"], row["model"]) for row in shown] == [
        ("el PBX llama", "person:user:ana"),
        ("otra cosa", "m@1"),
    ]
    assert (edit["author"], edit["before"]["text"]) == ("user:ana", "el pebe equis llama")
    (after,) = enrichment.rows("select version from assets where id = %s", asset_id)
    assert after["version"] > version["version"]
    assert len(enrichment.said(CHANGED, asset_id)) == 1
    (captions,) = enrichment.rows(
        "select * from renditions where asset_id = %s and profile = 'captions'", asset_id
    )
    assert "el PBX llama" in enrichment.objects.get_bytes(captions["bucket"], captions["key"]).decode()
    assert "el PBX llama" in enrichment.of("embeddings", asset_id)[0]["text"]

    # corrected again by somebody else, and taken back: what the machine had is shown
    with call.change() as work:
        second = edits.correct_line(work, asset_id, 0, "el PBX no llama", "user:eva")
    with call.change() as work:
        edits.restore_line(work, asset_id, second["id"], "user:eva")
    assert [row["text"] for row in enrichment.of("transcript_segments", asset_id)] == [
        "el pebe equis llama",
        "otra cosa",
    ]
    with call.change() as work, pytest.raises(edits.NoSuchLine):
        edits.correct_line(work, asset_id, 77, "x", "user:eva")

    # when nothing is left to embed, the empty captions go into the stream all the same
    enrichment.settle()
    embedded = len(enrichment.said(COMPLETED, asset_id))
    with call.change() as work:
        for number in range(2):
            edits.correct_line(work, asset_id, number, "", "user:eva")
    enrichment.settle()
    assert enrichment.objects.get_bytes(captions["bucket"], captions["key"]).decode().strip() == "WEBVTT"
    assert enrichment.of("embeddings", asset_id) == []
    told = enrichment.said(COMPLETED, asset_id)[embedded:]
    assert [(event.data["step"], event.data["results"]) for event in told] == [("captions", 0)]


def test_a_correction_and_a_rejected_tag_survive_a_run_of_the_step(
    enrichment: Enrichment, street_report: Path
) -> None:

    event = enrichment.add(street_report, "video", 6.0, project="people")
    asset_id = str(event.subject)
    enrichment.settle(event)
    put_speech(enrichment, asset_id, "uno", "dos", "tres")
    call = enrichment.call()
    with call.change() as work:
        edits.correct_line(work, asset_id, 1, "DOS", "user:ana")
        edits.judge_tag(work, asset_id, "object", "person", "rejected", "user:ana")
        edits.judge_tag(work, asset_id, "person", "Ana Pérez", "added", "user:ana")
    with call.change() as work:  # the end of another run, which heard it all as one line
        words = [Word("uno", 0, 4_000), Word("doz", 10_000, 14_000), Word("tres", 20_000, 24_000)]
        completion.put_transcript(work, asset_id, [build_segment(words, "es")], "new@2")
    assert [(r["number"], r["text"]) for r in enrichment.of("transcript_segments", asset_id)] == [
        (0, "uno"),
        (1, "DOS"),
        (2, "tres"),
    ]
    with enrichment.database.transaction() as connection:
        connection.execute(
            "update jobs set spec = spec || '{\"used\": \"old@0\"}' where asset_id = %s and kind = 'objects'",
            (asset_id,),
        )
    assert asset_id in set(reprocess.Reprocess(enrichment.call(), "objects", None, 5, 10).waiting())
    reprocess.Reprocess(enrichment.call(), "objects", None, 5, 10).run()
    enrichment.settle()
    assert len(enrichment.rows("select * from jobs where asset_id = %s and kind = 'objects'", asset_id)) == 2
    assert "person" in {row["value"] for row in enrichment.of("tags", asset_id) if row["kind"] == "object"}
    with enrichment.database.transaction() as connection:
        shown = list(query.shown_tags(connection, asset_ids=[asset_id]))
        boxes = list(
            query.shown_detections(
                connection, asset_id=asset_id, label=None, from_ms=None, until_ms=None, after=-1, limit=100
            )
        )
    assert "person" not in {tag["value"] for tag in shown} | {box["label"] for box in boxes}
    assert ("person", "Ana Pérez", "user:ana") in {(t["kind"], t["value"], t["author"]) for t in shown}

    with enrichment.database.transaction() as connection:
        query.forget_enrichment(connection, asset_id=asset_id)
    tables = (
        "shots",
        "frames",
        "detections",
        "tags",
        "tag_edits",
        "transcript_segments",
        "transcript_edits",
        "embeddings",
    )
    assert {table: enrichment.of(table, asset_id) for table in tables} == {table: [] for table in tables}
