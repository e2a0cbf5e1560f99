"""Our query tree as Meilisearch's `q` and `filter`. It has words, "phrases", `-not` and filters; the rest is `NotExpressible`.

`q` is made of folded words only, so that nothing in it can be an operator but ours. Filter values are quoted; attributes are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from functions.search import analysis
from functions.search.engine import NotExpressible
from functions.search.query_tree import (
    AllOf,
    Alternatives,
    Dates,
    Field,
    Filter,
    Members,
    Narrowing,
    Node,
    Not,
    Phrase,
    Query,
    Word,
)

MAX_VALUE_BYTES = 468  # of a filter's value
MAX_WORDS = 10  # of q: Meilisearch ignores the rest
NOTHING = 'id = ""'
_COLUMNS = {
    Field.TYPE: "type", Field.STATUS: "status", Field.PROJECT: "project", Field.LANGUAGE: "language", Field.RIGHTS: "rights",
}  # fmt: skip


@dataclass
class Parts:
    """What a tree becomes: words and phrases in their order, what is excluded, and filters."""

    words: list[str] = field(default_factory=list)
    light: list[str] = field(default_factory=list)  # function words: needed only when there is nothing else
    excluded: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    unfinished: bool = False


def quoted(value: str) -> str:
    """A string of the filter language: backslash and quote escaped, control characters gone (they have no spelling there)."""
    plain = "".join(c for c in value if c.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def one_of(attribute: str, values: Iterable[str]) -> str:
    """No value: nothing, never "no filter"."""
    known = sorted({v for v in values if 0 < len(v.encode()) <= MAX_VALUE_BYTES})
    return f"{attribute} IN [{', '.join(quoted(value) for value in known)}]" if known else NOTHING


def scope_filter(projects: frozenset[str] | None) -> list[str]:
    return [] if projects is None else [one_of("project", projects)]


def filters_of(asked: Query, scope: frozenset[str] | None, ids: Sequence[str] | None = None) -> list[str]:
    """All of them have to hold; the scope comes last and is always there."""
    found = [condition(part) for part in asked.filters]
    if ids is not None:
        found.append(one_of("id", ids))
    return [*found, *scope_filter(scope)]


def condition(part: Narrowing) -> str:
    if isinstance(part, Members):
        return one_of("id", part.ids)
    if isinstance(part, Dates):
        ends = [f"created_s >= {part.start_s:d}" if part.start_s is not None else "",
                f"created_s < {part.end_s:d}" if part.end_s is not None else ""]  # fmt: skip
        return "(" + " AND ".join(end for end in ends if end) + ")" if any(ends) else "created_s EXISTS"
    if part.field is Field.TAG:
        return one_of("tag_label", {analysis.label(value) for value in part.values})
    if part.field is Field.PERSON:
        return one_of("person_words", {" ".join(analysis.words(value)) for value in part.values})
    return one_of(_COLUMNS[part.field], part.values)


def parts_of(tree: Node | None) -> Parts | None:
    """None when there is nothing to look for in it (punctuation).

    Raises:
        NotExpressible
    """
    parts = Parts()
    if tree is None:
        return parts
    for node in tree.nodes if isinstance(tree, AllOf) else (tree,):
        _add(node, parts)
    if not (parts.words or parts.light or parts.filters):
        if parts.excluded:
            raise NotExpressible("nothing but exclusions")
        return None
    return parts


def text_of(parts: Parts) -> str:
    """`q`: a space after the last word says that it is finished."""
    words = parts.words or parts.light
    text = " ".join([*words, *(f"-{word}" for word in parts.excluded)])
    return text if parts.unfinished and not parts.excluded else f"{text} "


def _add(node: Node, parts: Parts) -> None:
    match node:
        case Word(text, prefix):
            words = analysis.words(text)
            if len(words) > 1:
                parts.words.append(f'"{" ".join(words)}"')
            elif words:
                is_light = not prefix and analysis.is_stop_word(words[0])
                (parts.light if is_light else parts.words).append(words[0])
            parts.unfinished = prefix and len(words) == 1
        case Phrase(text):
            if words := analysis.words(text):
                parts.words.append(f'"{" ".join(words)}"')
        case Filter() | Dates():
            parts.filters.append(condition(node))
        case Not(Word(text)) | Not(Phrase(text)):
            if words := analysis.words(text):
                parts.excluded.append(words[0] if len(words) == 1 else f'"{" ".join(words)}"')
        case Not(Filter() | Dates() as inner):
            parts.filters.append(f"NOT ({condition(inner)})")
        case Alternatives(AllOf(nodes), _):
            for inner in nodes:
                _add(inner, parts)
        case Alternatives(inner, _):
            _add(inner, parts)
        case _:
            raise NotExpressible(type(node).__name__)
    if len(parts.words) + len(parts.excluded) > MAX_WORDS:
        raise NotExpressible("more words than it reads")
