"""The page has a text in every language for every reason that the service can give, and none that nobody gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from acervo import problems
from functions.publish.faults import TABLE
from tests import reason_codes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "web/src/i18n/reason"
LANGUAGES = sorted(file.stem for file in FOLDER.glob("*.json"))
HOLE = " {{detail}}"
# what the sentence says more is shown by the page itself, in the person's own way: the moment, the version
TOLD_OTHERWISE = {
    ("channel", code) for code in ("scheduled", "rights-embargo", "rights-not-yet", "rendition-ordered")
}


def _catalogue(language: str) -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = json.loads((FOLDER / f"{language}.json").read_text())
    return known


def test_there_is_a_catalogue_for_every_language_but_english() -> None:
    names = (ROOT / "web/src/i18n/i18n.ts").read_text()
    shown = re.search(r"LANGUAGES = {(.*?)}", names)
    assert shown is not None
    assert {*LANGUAGES, "en"} == set(re.findall(r"(\w+):", shown[1]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text_and_every_text_a_reason(language: str) -> None:
    catalogue, said = _catalogue(language), reason_codes.groups()
    assert {group: sorted(texts) for group, texts in catalogue.items()} == {
        group: sorted(codes) for group, codes in said.items()
    }
    assert [
        code
        for texts in catalogue.values()
        for code, text in texts.items()
        if not text.removesuffix(HOLE).strip()
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_leaves_room_for_the_sentence_where_the_sentence_says_more(language: str) -> None:
    catalogue = _catalogue(language)
    for group, codes in reason_codes.groups().items():
        wanted = {code for code, more in codes.items() if more and (group, code) not in TOLD_OTHERWISE}
        assert (group, {code for code, text in catalogue[group].items() if text.endswith(HOLE)}) == (
            group,
            wanted,
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_outlets_have_a_text_for_everything_that_can_stand_in_the_way(language: str) -> None:
    channel = json.loads((ROOT / f"web/src/i18n/asset/{language}.json").read_text())["channel"]
    assert set(channel["obstacle"]) == reason_codes.given_by("Obstacle")
    assert set(channel["limit"]) == reason_codes.given_by("Measure") | {"video-codec", "audio-codec"}


def test_what_is_found_is_what_is_made() -> None:
    """The reader of the code sees the errors that are far from their classes, the tables, and the codes that are chosen."""
    said = reason_codes.groups()
    assert {
        "no-sound",
        "objects-forbidden",
        "decoder-crashed",
        "cancelled",
        "abandoned",
        "overtaken",
        "chunk-failed",
    } <= set(said["file"])
    assert {"scheduled", "channel-busy", "rights-embargo", "withdrawn", *TABLE} <= set(said["channel"])
    assert {"rights-not-yet", "rights-unreadable", "rights-territory"} <= set(said["rights"])
    assert {"quota-exceeded", "rights", "forbidden", "not-found", "invalid-request", "no-such-voice"} <= set(
        said["refused"]
    )
    assert {"database-unreachable", "invalid-event", "unknown-project"} <= set(said["platform"])
    assert set(reason_codes.NOT_ON_THE_PAGE) <= reason_codes.given_by("Problem")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_names_the_limit_where_there_is_one(language: str) -> None:
    """The page shows English when the service does not say the limit that a text speaks of."""
    named = {code for code, text in _catalogue(language)["field"].items() if "{{limit}}" in text}
    assert named == set(reason_codes.SCHEMA_LIMITS.values())


def test_pydantic_says_the_limit_that_the_texts_speak_of() -> None:
    class Wanted(BaseModel):
        text: str = Field(max_length=2)
        short: str = Field(min_length=2)
        most: int = Field(le=2)
        least: int = Field(ge=2)
        many: list[int] = Field(max_length=2)
        few: list[int] = Field(min_length=2)

    with pytest.raises(ValidationError) as fault:
        Wanted(text="abc", short="a", most=3, least=1, many=[1, 2, 3], few=[1])
    said = problems.faults_of(fault.value)
    assert [one["code"] for one in said] == [
        "string-too-long",
        "string-too-short",
        "less-than-equal",
        "greater-than-equal",
        "too-long",
        "too-short",
    ]
    assert {one["limit"] for one in said} == {"2"}
