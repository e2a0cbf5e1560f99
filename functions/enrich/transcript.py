"""What was said, as values: words and transcript segments on the asset's clock, in whole milliseconds.

A segment's bounds are its words': a recogniser's own bounds may span noise. Words are monotone and start_ms <= end_ms always.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

MAX_PAUSE_MS = 2000  # a longer pause between two words ends a segment
_UNSPACED = frozenset(
    {"zh", "yue", "ja", "th", "lo", "my", "km", "bo"}
)  # written without spaces between words


@dataclass(frozen=True)
class Word:
    """`text` has no white space around it, punctuation belongs to its word."""

    text: str
    start_ms: int
    end_ms: int
    probability: float = 1.0

    @property
    def middle_ms(self) -> float:
        return (self.start_ms + self.end_ms) / 2


@dataclass(frozen=True)
class Segment:
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    language: str | None = None
    voice: str | None = None


def separator(language: str | None) -> str:
    """What stands between two words."""
    return "" if language in _UNSPACED else " "


def build_segment(words: Sequence[Word], language: str | None) -> Segment:
    """A segment of at least one word."""
    text = separator(language).join(word.text for word in words)
    return Segment(words[0].start_ms, words[-1].end_ms, text, tuple(words), language)


def build_segments(
    words: Iterable[Word], language: str | None, floor_ms: int = 0, max_pause_ms: int = MAX_PAUSE_MS
) -> list[Segment]:
    """Segments of one utterance's words: times made monotone from `floor_ms` on, cut where nothing is said for long."""
    groups: list[list[Word]] = []
    for word in monotone(words, floor_ms):
        if not groups or word.start_ms - groups[-1][-1].end_ms > max_pause_ms:
            groups.append([])
        groups[-1].append(word)
    return [build_segment(group, language) for group in groups]


def monotone(words: Iterable[Word], floor_ms: int = 0) -> list[Word]:
    """Words with text, in order, none beginning before the one before it ended."""
    result: list[Word] = []
    for word in words:
        text = " ".join(word.text.split())
        if not text:
            continue
        start_ms = max(word.start_ms, floor_ms)
        end_ms = max(word.end_ms, start_ms)
        result.append(replace(word, text=text, start_ms=start_ms, end_ms=end_ms))
        floor_ms = end_ms
    return result


def spoken_language(segments: Iterable[Segment]) -> str | None:
    """The language that most of the words are in."""
    counts: dict[str, int] = {}
    for segment in segments:
        if segment.language:
            counts[segment.language] = counts.get(segment.language, 0) + len(segment.words)
    return max(counts, key=lambda language: counts[language]) if counts else None


# -- JSON -------------------------------------------------------------------------------------------------------------
def words_json(words: Iterable[Word]) -> list[dict[str, Any]]:
    """As in `transcript_segments.words`."""
    return [
        {"word": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "probability": round(w.probability, 3)}
        for w in words
    ]


def to_json(segment: Segment) -> dict[str, Any]:
    return {"language": segment.language, "words": words_json(segment.words)}


def from_json(value: dict[str, Any]) -> Segment:
    words = [Word(w["word"], w["start_ms"], w["end_ms"], w["probability"]) for w in value["words"]]
    return replace(build_segment(words, value["language"]), voice=value.get("speaker"))
