"""What of an asset gets a vector: title, description, caption, and what is said, in passages of a few sentences with their time. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST_CHARACTERS = 320  # of a passage: about 80 tokens; longer ones blur
PAUSE_MS = 4_000  # a longer one ends a passage
MOST_TEXT = 4_000  # of a field
MOST_PASSAGES = 5_000
FIELDS = {
    "title": ("title", "headline"),
    "description": ("description", "abstract", "summary"),
    "caption": ("caption",),
}


@dataclass(frozen=True)
class Passage:
    field: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def build_passages(
    metadata: Mapping[str, Any], embedded: Mapping[str, Any], segments: Iterable[Mapping[str, Any]]
) -> list[Passage]:
    """At most MOST_PASSAGES, what people wrote first. What an editor wrote hides what the file says of itself."""
    made: list[Passage] = []
    known: set[str] = set()  # a caption that repeats the title
    for field, names in FIELDS.items():
        texts = [metadata.get(name) for name in names] + [embedded.get(name) for name in names]
        text = next((clean(t) for t in texts if isinstance(t, str) and t.strip()), "")
        if text and text not in known:
            known.add(text)
            made += [Passage(field, piece) for piece in split(text[:MOST_TEXT])]
    for passage in spoken(segments):
        if len(made) >= MOST_PASSAGES:
            break
        made.append(passage)
    return made


def spoken(segments: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Transcript segments (`start_ms`, `end_ms`, `text`) put together until a passage is full."""
    group: list[Mapping[str, Any]] = []
    for segment in segments:
        if not segment["text"].strip():
            continue
        if group and _is_full(group, segment):
            yield _joined(group)
            group = []
        group.append(segment)
    if group:
        yield _joined(group)


def _is_full(group: Sequence[Mapping[str, Any]], segment: Mapping[str, Any]) -> bool:
    if segment["start_ms"] - group[-1]["end_ms"] > PAUSE_MS:
        return True
    return sum(len(s["text"]) + 1 for s in group) + len(segment["text"]) > MOST_CHARACTERS


def _joined(group: Sequence[Mapping[str, Any]]) -> Passage:
    text = clean(" ".join(segment["text"] for segment in group))
    return Passage("speech", text[:MOST_TEXT], group[0]["start_ms"], group[-1]["end_ms"])


def split(text: str) -> Iterator[str]:
    """Pieces of at most MOST_CHARACTERS, cut between words."""
    piece = ""
    for word in text.split(" "):
        if piece and len(piece) + 1 + len(word) > MOST_CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece} {word}" if piece else word[:MOST_TEXT]
    if piece:
        yield piece


def clean(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())


def digest_of(passages: Iterable[Passage], model: str) -> str:
    """The same for the same passages and model: whether there is anything to do."""
    told = hashlib.sha256(model.encode())
    for one in passages:
        told.update(f"\n{one.field}\t{one.start_ms}\t{one.end_ms}\t{one.text}".encode("utf-8", "replace"))
    return told.hexdigest()
