"""The query language: words, "phrases", -not, OR, and `field:value`, read into our own tree. Never raises on what it reads.

    presupuesto "pleno municipal" -fútbol   all of these; the last word may be unfinished
    lluvia OR nieve costa                   OR joins its neighbours: (lluvia or nieve) and costa
    tag:elecciones type:video project:noticias status:ready language:es person:"Ana Ruiz"
    date:2026  date:2026-10-05  date:2026-10..2026-11  date:..2025
    said:"buenas noches"                    only what is spoken

Whatever is not such a thing is searched as words. At most MAX_TERMS terms count; the rest is reported as ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from functions.search.query_tree import (
    MANY_VALUED,
    AllOf,
    AnyOf,
    Dates,
    Field,
    Filter,
    Node,
    Not,
    Phrase,
    Query,
    Said,
    Word,
)  # fmt: skip

MAX_CHARACTERS = 256
MAX_TERMS = 10
_TOKEN = re.compile(
    r"(?P<minus>-)?(?:(?P<field>[A-Za-z]{2,10}):)?(?:\"(?P<phrase>[^\"]*)\"|(?P<word>[^\s\"]+))|\S"
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_TYPES = {
    "video": "video", "vídeo": "video", "audio": "audio", "áudio": "audio", "image": "image", "imagen": "image",
    "imagem": "image", "photo": "image", "foto": "image",
}  # fmt: skip


class TooLong(ValueError):
    """More than MAX_CHARACTERS."""


@dataclass(frozen=True)
class _Or:
    pass


def parse(text: str) -> Query:
    """The query that `text` asks.

    Raises:
        TooLong
    """
    text = unicodedata.normalize("NFKC", text)
    if len(text) > MAX_CHARACTERS:
        raise TooLong
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    operands: list[Node | _Or] = []
    ignored: list[str] = []
    terms = 0
    for node, typed in _operands(text):
        if isinstance(node, _Or):
            operands.append(node)
        elif terms < MAX_TERMS:
            terms += 1
            operands.append(node)
        else:
            ignored.append(typed)
    return _query(_groups(operands), tuple(ignored))


def _operands(text: str) -> Iterator[tuple[Node | _Or, str]]:
    for found in _TOKEN.finditer(text):
        word, phrase, name = found["word"], found["phrase"], (found["field"] or "").lower()
        if word is None and phrase is None:
            continue  # a quote that is never closed, a minus before nothing
        if word == "OR" and not name and not found["minus"]:
            yield _Or(), word
            continue
        unfinished = phrase is None and found.end() == len(text) and not found["minus"]
        node = _field(name, word or phrase or "", phrase is not None) if name else None
        if node is None:
            whole = f"{found['field']}:{word}" if name and word else word
            node = Phrase(phrase) if phrase is not None else Word(whole or "", unfinished)
        if isinstance(node, Said) and isinstance(node.node, Word) and unfinished:
            node = Said(Word(node.node.text, True))
        yield (Not(node) if found["minus"] else node), found[0]


def _field(name: str, value: str, quoted: bool) -> Node | None:
    """What `name:value` means, or None when it means nothing."""
    if name == "said":
        return Said(Phrase(value) if quoted else Word(value))
    if name == "date":
        return dates(value)
    if name not in set(Field) or not value.strip():
        return None
    if name == Field.TYPE:
        return Filter(Field.TYPE, frozenset({_TYPES[value.lower()]})) if value.lower() in _TYPES else None
    plain = value if Field(name) in MANY_VALUED else value.lower()
    return Filter(Field(name), frozenset({plain.strip()}))


def dates(value: str) -> Dates | None:
    """`2026`, `2026-10`, `2026-10-05`, or two of them (or one) around `..`; both ends belong to it."""
    first, dots, last = value.partition("..")
    start = _period(first) if first else None
    end = (_period(last) if last else None) if dots else start
    if (first and not start) or (last and not end) or not (first or last):
        return None
    found = Dates(start[0] if start else None, end[1] if end else None)
    empty = found.start_s is not None and found.end_s is not None and found.start_s >= found.end_s
    return None if empty else found


def _period(text: str) -> tuple[int, int] | None:
    parts = _DATE.fullmatch(text)
    if not parts:
        return None
    year, month, day = int(parts[1]), int(parts[2] or 1), int(parts[3] or 1)
    try:
        start = date(year, month, day)
        if parts[3]:
            end = start + timedelta(days=1)
        elif parts[2]:
            end = date(year + month // 12, month % 12 + 1, 1)
        else:
            end = date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None
    return _seconds(start), _seconds(end)


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _groups(operands: list[Node | _Or]) -> list[list[Node]]:
    """Operands that OR joins, together; an OR without a neighbour is dropped."""
    groups: list[list[Node]] = []
    joins = False
    for operand in operands:
        if isinstance(operand, _Or):
            joins = bool(groups)
        elif joins:
            groups[-1].append(operand)
            joins = False
        else:
            groups.append([operand])
    return groups


def _query(groups: list[list[Node]], ignored: tuple[str, ...]) -> Query:
    nodes: list[Node] = []
    filters: list[Filter | Dates] = []
    for group in groups:
        fields = {part.field if isinstance(part, Filter) else None for part in group}
        if len(fields) == 1 and (field := fields.pop()) is not None:
            filters.append(
                Filter(field, frozenset().union(*(p.values for p in group if isinstance(p, Filter))))
            )
        elif len(group) == 1 and isinstance(group[0], Dates):
            filters.append(group[0])
        else:
            nodes.append(group[0] if len(group) == 1 else AnyOf(tuple(group)))
    tree = None if not nodes else nodes[0] if len(nodes) == 1 else AllOf(tuple(nodes))
    return Query(tree, tuple(merge(filters)), ignored)


def merge(filters: list[Filter | Dates]) -> list[Filter | Dates]:
    """Filters of a field that has one value are alternatives: an asset cannot have two types."""
    merged: list[Filter | Dates] = []
    for one in filters:
        same = next(
            (i for i, other in enumerate(merged)
             if isinstance(one, Filter) and isinstance(other, Filter) and other.field is one.field), None,
        )  # fmt: skip
        if isinstance(one, Dates) or same is None or one.field in MANY_VALUED:
            merged.append(one)
        else:
            other = merged[same]
            assert isinstance(other, Filter)  # noqa: S101  # by the search above; for the type checker
            merged[same] = Filter(one.field, one.values | other.values)
    return merged
