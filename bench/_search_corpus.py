"""The archive that `bench search` searches: rows made from a seed, one at a time, so that a million take no more memory than a thousand.

A vocabulary of 20,000 made-up words, the n-th with a frequency of 1/n (Zipf); projects by Pareto; rights limit one asset in nine. An asset's id
follows from its number.
Not a benchmark by itself.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import psycopg

PROJECTS = 200
SIZE = 20_000
_STARTS = ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "tr", "br", "pl")
_ENDS = ("a", "e", "i", "o", "u", "an", "en", "ir", "os", "ción", "al")


class Words:
    """The vocabulary, and words of it by how frequent they are."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        found: dict[str, None] = {}
        while len(found) < SIZE:
            parts = self.dice.randint(2, 4)
            found["".join(self.dice.choice(_STARTS) + self.dice.choice(_ENDS) for _ in range(parts))] = None
        self.all = list(found)
        self._sums = list(accumulate(1 / (n + 1) for n in range(len(self.all))))

    def text(self, least: int, most: int) -> str:
        return " ".join(self.dice.choices(self.all, cum_weights=self._sums, k=self.dice.randint(least, most)))

    def common(self) -> str:
        return self.dice.choice(self.all[:50])

    def middling(self) -> str:
        return self.dice.choice(self.all[500:5000])

    def rare(self) -> str:
        return self.dice.choice(self.all[15_000:])

    def begun(self) -> str:
        """The first letters of any of the three, two at the least."""
        word = self.dice.choice((self.common, self.middling, self.rare))()
        return word[: self.dice.randint(2, len(word))]

    def mistyped(self) -> str:
        """A middling word of six letters or more, two of them swapped."""
        while len(word := self.middling()) < 6:
            pass
        at = self.dice.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def asset_id(number: int) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest(), version=4)


def fill(url: str, words: Words, assets: int, segments: int) -> None:
    """Everything into PostgreSQL by COPY, and its statistics."""
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(
            "insert into projects (id, name) values (%s, 'x')", [(f"project-{n}",) for n in range(PROJECTS)]
        )
        into = "copy assets (id, project_id, name, kind, status, owner, metadata, language, rights, created_at) from stdin"
        _copy(connection, into, _assets(words, assets))
        into = (
            "copy transcript_segments (asset_id, number, start_ms, end_ms, language, text, model) from stdin"
        )
        _copy(connection, into, _segments(words, assets, segments))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("analyze")


def _copy(connection: psycopg.Connection[Any], into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def _assets(words: Words, assets: int) -> Iterator[tuple[Any, ...]]:
    dice = words.dice
    for number in range(assets):
        metadata = {
            "title": words.text(4, 8), "description": words.text(15, 45), "people": [words.text(2, 2)],
            "keywords": [words.middling() for _ in range(dice.randint(2, 6))],
        }  # fmt: skip
        project = f"project-{min(int(dice.paretovariate(1.1)) - 1, PROJECTS - 1)}"
        created = f"{dice.randint(2021, 2025)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T00:00:00Z"
        kind = dice.choice(["video", "video", "audio", "image"])
        yield (
            asset_id(number), project, f"clip{number}.mp4", kind, "ready", "user:x", json.dumps(metadata), "es", json.dumps(_rights(number)), created,
        )  # fmt: skip


def _rights(number: int) -> dict[str, Any]:
    if number % 12 == 0:
        return {"restricted": True}
    return {"hold": True} if number % 40 == 7 else {}


def _segments(words: Words, assets: int, each: int) -> Iterator[tuple[Any, ...]]:
    for id_ in map(asset_id, range(assets)):
        for number in range(each):
            yield id_, number, number * 5000, number * 5000 + 5000, "es", words.text(6, 18), "bench"
