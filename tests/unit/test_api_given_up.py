"""What a dead letter's answer says, whoever wrote it and wherever it was cut off."""

from __future__ import annotations

import json

import pytest

from functions.api.given_up import why

PROBLEM = json.dumps(
    {"type": "urn:acervo:problem:model-missing", "title": "model-missing", "status": 422, "detail": "there is no model “x”"},
    separators=(",", ":"),
)  # fmt: skip


def test_a_problem_says_its_code_and_its_sentence() -> None:
    assert why(PROBLEM) == ("model-missing", "there is no model “x”")


@pytest.mark.parametrize("kept", range(46, len(PROBLEM)))
def test_a_problem_that_is_cut_off_says_at_least_its_code(kept: int) -> None:
    assert why(PROBLEM[:kept]) == ("model-missing", None)


def test_what_publish_wrote_is_read_back() -> None:
    assert why("secret-missing: there is nothing at x/y. Put it there.") == ("secret-missing", "there is nothing at x/y. Put it there.")  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [None, "", "no model", "<html>502 Bad Gateway</html>", "[1, 2]", '{"title": 5}', '{"title": "Not A Code", "detail": "x"}', "5", "[" * 10_000],
)  # fmt: skip
def test_anything_else_names_no_code(answer: str | None) -> None:
    assert why(answer) == (None, None)
