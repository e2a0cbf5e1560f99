"""The indexer: nothing lost, nothing old on top of new, one writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo import function
from acervo.errors import Permanent, Transient
from functions.search import main as search_main
from functions.search import tantivy_schema
from functions.search.changes import Sweep
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import IndexDirectory, Position, Version
from functions.search.indexing import Indexer
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from functions.search.tantivy_writer import TantivyWriter
from tests.fix_search import Newsroom, wait_for

ASSET = AssetDocument(
    "11111111-1111-4111-8111-111111111111", 1, "news", "video", "ready", "es", 1_700_000_000, 202311, ("uno",), (), (), (), ()
)  # fmt: skip
SAID = [SegmentDocument(0, 0, 1000, "es", "hola")]


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return IndexDirectory(tmp_path / "index").next_version(tantivy_schema.FORMAT)


@pytest.fixture(scope="module", autouse=True)
def news(newsroom: Newsroom) -> str:
    return newsroom.project("news")


@pytest.fixture
def posted(newsroom: Newsroom) -> Iterator[Callable[..., int]]:
    """Post an event to the indexer's app; the status of the answer."""
    newsroom.indexer.close()  # there is one writer: the app's
    app = function.serve(
        search_main.handle, name="search-indexer", settings=search_main.IndexerSettings, hears={"*"}, env=newsroom.env
    )  # fmt: skip
    client = TestClient(app, raise_server_exceptions=False)

    def post(type_: str, data: dict[str, Any]) -> int:
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(uuid.uuid4()),
            "ce-source": "/test",
            "ce-type": type_,
        }
        answer = client.post("/", json=data, headers=headers)
        assert answer.status_code != 202 or answer.content == b""
        return int(answer.status_code)

    yield post
    search_main.indexer_of(app.state.resources).close()
    app.state.resources.database.close()
    newsroom.indexer = Indexer(
        TantivyStore(IndexDirectory(newsroom.index_path)), newsroom.database, every_s=3600
    )


def test_an_acknowledged_event_is_in_the_index(newsroom: Newsroom, posted: Callable[..., int]) -> None:
    asset_id = newsroom.asset("Zurbarán inaugura", said=["palabra irrepetible"])
    data = {"asset_id": asset_id, "project_id": "news", "kind": "video"}
    assert posted("acervo.asset.ready.v1", data) == 202
    assert newsroom.found("zurbaran ") == {asset_id}
    newsroom.change(asset_id, metadata={"title": "Velázquez inaugura"})
    assert (
        posted("acervo.asset.changed.v1", {"asset_id": asset_id, "project_id": "news", "status": "ready"})
        == 202
    )
    assert newsroom.found("zurbaran ") == set()
    assert newsroom.found("velazquez irrepetible ") == {asset_id}
    newsroom.change(asset_id, status="deleted")
    assert posted("acervo.asset.deleted.v1", {"asset_id": asset_id, "project_id": "news"}) == 202
    assert newsroom.found("velazquez ") == set()
    assert newsroom.get("segments", q="irrepetible")["total"] == 0


def test_what_no_event_told_is_found_by_the_tick(newsroom: Newsroom, posted: Callable[..., int]) -> None:
    kept, gone = (
        newsroom.asset("Goya silencioso"),
        newsroom.asset("Goya rechazado", kind=None, status="uploading"),
    )
    assert posted("dev.knative.sources.ping", {"every": "minute"}) == 202
    assert newsroom.found("goya ") == {kept}
    newsroom.change(kept, status="rejected")
    newsroom.change(gone, kind="image", status="processing")
    assert posted("dev.knative.sources.ping", {"every": "minute"}) == 202
    assert newsroom.found("goya ") == {gone}


def test_a_transcript_that_did_not_touch_its_asset_is_found_after_its_event(
    newsroom: Newsroom, posted: Callable[..., int]
) -> None:
    asset_id = newsroom.asset("Entrevista")
    assert (
        posted("acervo.asset.ready.v1", {"asset_id": asset_id, "project_id": "news", "kind": "video"}) == 202
    )
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, model)"
            " values (%s, 0, 0, 900, 'es', 'habla tarde', 'test')",
            (asset_id,),
        )
    data = {"asset_id": asset_id, "project_id": "news", "step": "speech", "language": "es", "results": 1}
    assert posted("acervo.enrichment.completed.v1", data) == 202
    assert newsroom.found("said:tarde ") == {asset_id}


def test_events_that_come_together_share_a_commit_and_all_are_found(newsroom: Newsroom) -> None:
    made = [newsroom.asset(f"Picasso {n}") for n in range(40)]
    commits_before = _opstamp(newsroom)
    threads = [threading.Thread(target=newsroom.indexer.index, args=([asset_id],)) for asset_id in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert newsroom.found("picasso ") == set(made)
    assert _opstamp(newsroom) > commits_before


def _opstamp(newsroom: Newsroom) -> int:
    version = IndexDirectory(newsroom.index_path).current()
    assert version is not None
    return (version.assets / "meta.json").stat().st_mtime_ns


def test_readers_follow_commits_by_themselves(newsroom: Newsroom) -> None:
    reader = TantivyReader(IndexDirectory(newsroom.index_path))
    before = reader.snapshot()
    assert before is not None
    newsroom.indexer.index([newsroom.asset("Gris")])

    def grown() -> bool:
        now = reader.snapshot()
        return now is not None and now.assets.num_docs == before.assets.num_docs + 1

    wait_for(grown, 5)


def test_old_never_overwrites_new(version: Version) -> None:
    writer = TantivyWriter(version)
    assert writer.put(replace(ASSET, version=5, titles=("nuevo",)), SAID)
    assert not writer.put(replace(ASSET, version=4, titles=("viejo",)), SAID)  # in one batch
    writer.commit()
    assert not writer.put(replace(ASSET, version=4, titles=("viejo",)), SAID)  # in a later one
    assert not writer.put(replace(ASSET, version=5, titles=("otra vez",)), SAID)
    assert writer.put(replace(ASSET, version=6), SAID)
    assert writer.versions([ASSET.asset_id]) == {ASSET.asset_id: 6}
    writer.remove(ASSET.asset_id)
    assert writer.versions([ASSET.asset_id]) == {}
    writer.commit()
    assert writer.count() == 0
    writer.close()


def test_a_second_writer_is_told_to_come_back(version: Version) -> None:
    first = TantivyWriter(version)
    with pytest.raises(Transient, match="index-busy"):
        TantivyWriter(version)
    first.close()
    TantivyWriter(version).close()


def test_a_writer_killed_in_the_middle_of_a_batch_leaves_what_was_committed(version: Version) -> None:
    script = textwrap.dedent("""
        import sys, uuid
        from dataclasses import replace
        from pathlib import Path
        from functions.search.index_directory import Version
        from functions.search.tantivy_writer import TantivyWriter
        from tests.integration.test_search_indexer import ASSET, SAID
        writer = TantivyWriter(Version(Path(sys.argv[1]), int(sys.argv[2]), 1))
        for n in range(50):
            writer.put(replace(ASSET, asset_id=str(uuid.UUID(int=n + 1))), SAID)
        writer.commit()
        print("committed", flush=True)
        n = 50
        while True:
            n += 1
            writer.put(replace(ASSET, asset_id=str(uuid.UUID(int=n))), SAID)
            if n == 500:
                print("in the middle", flush=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(version.directory), str(version.number)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "committed\n"
    assert process.stdout.readline() == "in the middle\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    process.stdout.close()
    writer = TantivyWriter(version)
    assert writer.count() == 50
    assert writer.put(replace(ASSET, version=2), SAID)
    writer.commit()
    assert writer.count() == 51
    writer.close()


def test_what_a_killed_indexer_had_acknowledged_is_in_the_index_and_the_rest_comes_with_the_next_sweep(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    made = [newsroom.asset(f"Chillida {n}") for n in range(60)]
    script = textwrap.dedent("""
        import os, sys, threading
        from acervo.database import Database
        from functions.search.index_directory import IndexDirectory
        from functions.search.indexing import Indexer
        from functions.search.tantivy_store import TantivyStore
        indexer = Indexer(TantivyStore(IndexDirectory(sys.argv[1])), Database(sys.argv[2]), every_s=3600)
        def index(ids):
            for asset_id in ids:
                indexer.index([asset_id])
                os.write(1, f"{asset_id}\\n".encode())
        ids = sys.argv[3:]
        threads = [threading.Thread(target=index, args=(ids[n::4],)) for n in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), newsroom.env["DATABASE_URL"], *made],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert process.stdout is not None
    acknowledged = {process.stdout.readline().strip() for _ in range(9)}
    process.send_signal(signal.SIGKILL)
    acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}
    process.wait(timeout=10)
    process.stdout.close()
    version = IndexDirectory(tmp_path).current()
    assert version is not None
    writer = TantivyWriter(version)
    assert acknowledged <= set(writer.versions(made))
    Sweep(writer, newsroom.database).finish()
    assert set(writer.versions(made)) == set(made)
    writer.close()


def test_a_lost_event_and_a_late_commit_are_swept_up_and_the_cursor_waits_for_them(
    newsroom: Newsroom, version: Version
) -> None:
    writer = TantivyWriter(version)
    with newsroom.database.transaction() as late:
        row = late.execute(
            "insert into assets (id, project_id, name, kind, status, owner) values"
            " (gen_random_uuid(), 'news', 'late', 'image', 'ready', 'user:x') returning id"
        ).fetchone()
        assert row is not None
        early = newsroom.asset("Sorolla")
        Sweep(writer, newsroom.database, page=25, slack_s=0).finish()
        assert set(writer.versions([early, str(row["id"])])) == {early}
    Sweep(writer, newsroom.database, page=25, slack_s=0).finish()
    assert set(writer.versions([early, str(row["id"])])) == {early, str(row["id"])}
    assert version.position() > Position()
    before = version.position()
    Sweep(writer, newsroom.database, slack_s=0).finish()
    assert version.position() >= before
    writer.close()


def test_an_asset_that_cannot_be_written_does_not_hold_up_the_others(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = newsroom.asset("Murillo bueno"), newsroom.asset("Murillo malo")
    real = tantivy_schema.asset_values

    def fail(asset: AssetDocument, segments: Any) -> Any:
        if asset.asset_id == bad:
            raise ValueError("poison")
        return real(asset, segments)

    monkeypatch.setattr(tantivy_schema, "asset_values", fail)
    with pytest.raises(Permanent, match="cannot be indexed"):
        newsroom.indexer.index([good, bad])
    assert newsroom.found("murillo ") == {good}


def test_whatever_editors_and_cameras_write_can_be_indexed(newsroom: Newsroom) -> None:
    deep: Any = "hondo"
    for _ in range(50):
        deep = [deep]
    asset_id = newsroom.asset(
        "Ribera \ud7ff\u202e", keywords="a, b ,,c", people=[{"name": "Rosa"}, 3, None], weird=deep, n=1.5, x={"y": ["largo " * 9000]}
    )  # fmt: skip
    newsroom.indexer.index([asset_id])
    assert newsroom.found("ribera rosa ") == {asset_id}
    assert newsroom.found("tag:b ribera ") == {asset_id}
    newsroom.indexer.index([str(uuid.uuid4())])  # one that does not exist is forgotten


def test_an_indexer_whose_lock_is_held_answers_transient_and_goes_on_later(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    directory = IndexDirectory(tmp_path / "index")
    version = directory.next_version(tantivy_schema.FORMAT)
    other = TantivyWriter(version)
    directory.switch(version)
    indexer = Indexer(TantivyStore(directory), newsroom.database, every_s=3600)
    asset_id = newsroom.asset("Tàpies")
    with pytest.raises(Transient, match="index-busy"):
        indexer.index([asset_id])
    other.close()
    indexer.index([asset_id])
    indexer.close()
    wait_for(lambda: TantivyReader(directory).snapshot() is not None)
