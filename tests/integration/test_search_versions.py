"""Versions of the embedded index: built beside, switched while searches go on, rolled back, built anew for another format."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from functions.search import rebuild
from functions.search.changes import Sweep
from functions.search.index_directory import IndexDirectory, Locked
from functions.search.indexing import Indexer
from functions.search.stores import Doubtful
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from functions.search.tantivy_writer import TantivyWriter
from tests.fix_search import Newsroom, wait_for


@pytest.fixture(scope="module", autouse=True)
def news(newsroom: Newsroom) -> str:
    return newsroom.project("news")


def test_searches_go_on_while_the_index_is_rebuilt_and_events_of_that_time_are_kept(
    newsroom: Newsroom,
) -> None:
    directory = IndexDirectory(newsroom.index_path)
    made = [newsroom.asset(f"Dalí {n}") for n in range(30)]
    newsroom.indexer.index(made)
    before = directory.current()
    assert before is not None
    stop, seen = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            seen.append(len(newsroom.found("dali ")))

    searcher = threading.Thread(target=search)
    searcher.start()
    try:
        rebuilt = rebuild.rebuild(TantivyStore(directory), newsroom.database)
        during = newsroom.asset("Dalí tardío")
        newsroom.indexer.index([during])
        wait_for(
            lambda: during in newsroom.found("dali ")
        )  # the thread that searches may have looked just before
    finally:
        stop.set()
        searcher.join(timeout=30)
    live = directory.current()
    assert live is not None
    assert live.number == before.number + 1
    assert rebuilt == f"version {live.number}"
    assert set(seen) <= {30, 31}
    assert newsroom.found("dali ") == {*made, during}


def test_the_version_before_can_be_made_live_again_and_catches_up(newsroom: Newsroom) -> None:
    directory = IndexDirectory(newsroom.index_path)
    before = directory.current()
    rebuild.rebuild(TantivyStore(directory), newsroom.database)
    after = newsroom.asset("Miró después")
    newsroom.indexer.index([after])
    rebuild.roll_back(TantivyStore(directory))
    assert directory.current() == before
    newsroom.indexer.catch_up()
    assert newsroom.found("miro ") == {after}
    with pytest.raises(Doubtful):
        rebuild.roll_back(TantivyStore(directory))


def test_the_command_rebuilds_and_rolls_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SEARCH_INDEX_DIR", "DATABASE_URL"):
        monkeypatch.setenv(name, newsroom.env[name])
    assert rebuild.main([]) == 0
    assert rebuild.main(["--roll-back"]) == 0
    assert "is live" in capsys.readouterr().out
    with IndexDirectory(newsroom.index_path).rebuilding():
        assert rebuild.main([]) == 1
    assert "under way" in capsys.readouterr().err


def test_two_rebuilds_do_not_meet(newsroom: Newsroom) -> None:
    directory = IndexDirectory(newsroom.index_path)
    with directory.rebuilding(), pytest.raises(Locked):
        rebuild.rebuild(TantivyStore(directory), newsroom.database)


def test_a_rebuild_that_lacks_assets_is_not_made_live(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = IndexDirectory(newsroom.index_path)
    live = directory.current()
    monkeypatch.setattr(Sweep, "finish", lambda _: None)
    with pytest.raises(Doubtful):
        rebuild.rebuild(TantivyStore(directory), newsroom.database)
    assert directory.current() == live


def test_an_index_of_another_format_is_built_anew(newsroom: Newsroom, tmp_path: Path) -> None:
    directory = IndexDirectory(tmp_path / "index")
    old = directory.next_version(0)
    TantivyWriter(old).close()
    directory.switch(old)
    assert TantivyReader(directory).snapshot() is None
    indexer = Indexer(TantivyStore(directory), newsroom.database, every_s=3600)
    indexer.catch_up()
    indexer.close()
    snapshot = TantivyReader(directory).snapshot()
    assert snapshot is not None
    assert snapshot.assets.num_docs > 0
    assert directory.numbers() == [snapshot.version.number]  # what nobody can read any more is gone
