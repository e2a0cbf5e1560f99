"""What a search does is the same whatever is hidden from its caller: so neither counts nor how long they take can tell of it.

Time itself cannot be asserted. What can: every question to an engine carries the caller's scope, and the questions, their number, the rows that
are looked up and the answer are the same before and after assets that the caller may not see come into the index. What is *not* the same, and
no secret: the order of two visible hits may change, because how rare a word is counts over the whole archive.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from functions.search.asking import Search
from functions.search.engine import Ask, Engine, Order, PassageId, Scope
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.rows import Rows
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search import Newsroom

MINE = frozenset({"trabajo-mio"})
WORDS = ("jacaranda", "glicinia", "buganvilla", "hortensia", "madreselva", "azucena")
Work = list[tuple[Any, ...]]


class Watched:
    """An engine, and every question that it was asked."""

    def __init__(self, engine: TantivyIndex, work: Work) -> None:
        self._engine, self._work = engine, work
        self.name, self.offers, self.ready = engine.name, engine.offers, engine.ready

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        def asked(*args: Any, **named: Any) -> Any:
            scope = next(
                (a.scope for a in args if isinstance(a, Ask)), args[1] if name == "suggest" else "none"
            )
            asks = tuple(_plain(argument) for argument in args)
            self._work.append((name, scope, asks, tuple(sorted(named.items()))))
            return method(*args, **named)

        return asked


def _plain(argument: Any) -> Any:
    """Lists of ids without their order."""
    return tuple(sorted(argument)) if isinstance(argument, list | tuple) else argument


@pytest.fixture
def watched(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SearchService, Work]]:
    work: Work = []
    shown = Rows.shown

    def looked_up(self: Rows, scope: Scope, ids: Sequence[str], passages: Sequence[PassageId]) -> Any:
        wanted = tuple(sorted((p.asset_id, p.number) for p in passages))
        work.append(("rows", scope, tuple(sorted(ids)), wanted))
        return shown(self, scope, ids, passages)

    monkeypatch.setattr(Rows, "shown", looked_up)
    engine = TantivyIndex(TantivyReader(IndexDirectory(newsroom.index_path), refresh_s=0))
    service = SearchService([cast(Engine, Watched(engine, work))], newsroom.reading, 30)
    yield service, work
    service.close()


def _queries(count: int) -> list[str]:
    dice = random.Random(7)
    made = []
    for _ in range(count):
        words = [dice.choice(WORDS)[: dice.choice((4, 20))] for _ in range(dice.randint(1, 3))]
        more = dice.choice(
            (
                "",
                "type:video",
                "tag:jardín",
                "project:trabajo-oculto",
                "-azucena",
                'said:"glicinia"',
                "jaacranda",
            )
        )
        made.append(f"{dice.choice((' ', ' OR ')).join(words)} {more}".strip() + dice.choice(("", " ")))
    return made


def _answers(service: SearchService, work: Work, queries: Sequence[str]) -> list[tuple[Any, ...]]:
    """Of each query: the work that was done, and everything of the answers but times and order."""
    found = []
    for q in queries:
        work.clear()
        search = Search(parse(q), Order.RELEVANCE, 50, q)
        assets, segments = service.assets(MINE, search), service.segments(MINE, search)
        suggested = service.suggest(MINE, q, 8)
        hits = sorted(
            (hit["asset_id"], str(hit["highlights"]), len(hit["passages"])) for hit in assets["hits"]
        )
        said = sorted((hit["asset_id"], hit["number"]) for hit in segments["hits"])
        counted = (assets["total"], segments["total"], assets["facets"], assets["typos"], segments["typos"])
        offered = [suggested[name] for name in ("tags", "people", "words")]
        offered.append(sorted(asset["asset_id"] for asset in suggested["assets"]))
        found.append((sorted(work, key=repr), hits, said, counted, offered, assets["next"] is None))
    return found


def test_what_is_hidden_changes_neither_the_work_nor_the_answer(
    newsroom: Newsroom, watched: tuple[SearchService, Work]
) -> None:
    service, work = watched
    dice = random.Random(11)
    for project in (*MINE, "trabajo-oculto"):
        newsroom.project(project)

    def make(project: str, count: int, ending: str = "") -> list[str]:
        """`ending`: of words that only these have."""
        return [
            newsroom.asset(
                " ".join([*dice.sample(WORDS, 2), dice.choice(WORDS) + ending]), project=project, said=[" ".join(dice.sample(WORDS, 3)) for _ in range(2)],
                keywords=["Jardín", f"de {project}"], people=[f"Rosa {dice.choice(WORDS).title()}"],
            ) for _ in range(count)
        ]  # fmt: skip

    newsroom.indexer.index(make("trabajo-mio", 8))
    queries = _queries(40)
    before = _answers(service, work, queries)
    newsroom.indexer.index(make("trabajo-oculto", 60, "les"))
    after = _answers(service, work, queries)
    for q, one, other in zip(queries, before, after, strict=True):
        assert one == other, q
        assert {scope for _, scope, *_ in one[0]} == {MINE}, q
    assert any(hits for _, hits, *_ in before)
    assert any(not hits for _, hits, *_ in before)


def test_an_empty_scope_does_no_work_at_all(watched: tuple[SearchService, Work]) -> None:
    service, work = watched
    for q in (*WORDS, "", "project:trabajo-mio"):
        search = Search(parse(q), Order.RELEVANCE, 20, q)
        assert service.assets(frozenset(), search)["total"] == 0
        assert service.segments(frozenset(), search)["total"] == 0
        assert not service.suggest(frozenset(), q, 8)["assets"]
    assert [made for made in work if made[0] != "rows" or made[2]] == []
