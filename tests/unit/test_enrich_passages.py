"""What gets a vector, and the names that a text holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.enrich import finder, passages
from functions.enrich.finder import Name
from functions.enrich.passages import MOST_CHARACTERS, Passage, build_passages, digest_of


def line(start_ms: int, text: str, length_ms: int = 1_000) -> dict[str, Any]:
    return {"start_ms": start_ms, "end_ms": start_ms + length_ms, "text": text}


def test_people_come_first_and_what_an_editor_wrote_hides_what_the_file_says() -> None:
    made = build_passages(
        {"title": "Sequía en Andalucía", "description": " "},
        {"title": "IMG_001", "description": "Campo seco", "caption": "Campo seco"},
        [line(0, "Buenas tardes.")],
    )
    assert [(one.field, one.text) for one in made] == [
        ("title", "Sequía en Andalucía"),
        ("description", "Campo seco"),
        ("speech", "Buenas tardes."),
    ]


def test_speech_falls_into_passages_with_their_time_at_pauses_and_when_full() -> None:
    lines = [line(n * 1_000, "palabra " * 10) for n in range(8)] + [line(60_000, "al final")]
    made = build_passages({}, {}, lines)
    assert [(one.start_ms, one.end_ms) for one in made] == [
        (0, 3_000), (3_000, 6_000), (6_000, 8_000), (60_000, 61_000),
    ]  # fmt: skip


@given(st.lists(st.text(max_size=600), max_size=20))
def test_no_word_of_speech_is_lost_or_doubled(texts: list[str]) -> None:
    made = build_passages({}, {}, [line(n * 1_000, text[:500]) for n, text in enumerate(texts)])
    said = " ".join(one.text for one in made if one.field == "speech").split()
    assert said == " ".join(text[:500].replace("\x00", " ") for text in texts if text[:500].strip()).split()


def test_a_long_description_is_cut_between_words() -> None:
    made = build_passages({"description": "una palabra " * 100}, {}, [])
    assert all(len(one.text) <= MOST_CHARACTERS for one in made)
    assert " ".join(one.text for one in made).split() == ["una", "palabra"] * 100


def test_metadata_that_is_no_text_is_passed_over() -> None:
    assert build_passages({"title": 3, "description": ["a"], "caption": None}, {"title": {}}, []) == []


def test_the_digest_changes_with_text_time_and_model() -> None:
    one = [Passage("speech", "a", 0, 1)]
    digests = {
        digest_of(one, "m"), digest_of(one, "n"), digest_of([Passage("speech", "a", 0, 2)], "m"),
        digest_of([Passage("speech", "b", 0, 1)], "m"), digest_of([], "m"),
    }  # fmt: skip
    assert len(digests) == 5
    assert digest_of(one, "m") == digest_of(list(one), "m")


def test_names_are_counted_whatever_their_case() -> None:
    found = [Name("person", "Ana Pérez"), Name("person", "ANA PÉREZ"), Name("person", "Ana Pérez,")]
    found += [
        Name("place", "Ana Pérez"),
        Name("organisation", "UE"),
        Name("place", "123"),
        Name("place", "x" * 200),
    ]
    assert finder.tally(found) == [(Name("person", "Ana Pérez"), 3), (Name("place", "Ana Pérez"), 1)]


def test_passages_have_a_bound() -> None:
    lines = [line(n * 10_000, "hola") for n in range(passages.MOST_PASSAGES + 10)]
    assert len(build_passages({"title": "t"}, {}, lines)) == passages.MOST_PASSAGES
