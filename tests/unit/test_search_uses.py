"""What a hit's rights say of each use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.search.uses import uses_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
USES = ("view", "download", "clip", "publish")


@pytest.mark.parametrize(
    ("rights", "denied", "flags"),
    [
        ({}, {}, []),
        ({"hold": True}, {"download": "rights-hold", "clip": "rights-hold", "publish": "rights-hold"}, ["rights-hold"]),
        ({"embargo_until": "2026-12-01T00:00:00Z"}, {"publish": "rights-embargo"}, ["rights-embargo"]),
        ({"restricted": True}, {"clip": "rights-restricted"}, ["rights-restricted"]),
        ({"territories": ["ES"]}, {}, ["rights-territory"]),
        (
            {"valid_until": "2026-11-01T00:00:00Z"},
            {"download": "rights-expired", "clip": "rights-expired", "publish": "rights-expired"},
            ["rights-expired"],
        ),
    ],
)  # fmt: skip
def test_each_use_is_allowed_or_denied_with_its_reason(
    rights: dict[str, Any], denied: dict[str, str], flags: list[str]
) -> None:
    said = uses_of(rights, NOW)
    assert tuple(said["rights"]) == USES
    for use in USES:
        reasons = [denied[use]] if use in denied else []
        assert said["rights"][use] == {"allowed": use not in denied, "reasons": reasons}
    assert said["rights_flags"] == flags


@pytest.mark.parametrize("written", [None, [], "all", 1, {"valid_until": "tomorrow"}])
def test_rights_that_cannot_be_read_deny_all_but_a_look(written: Any) -> None:
    said = uses_of(written, NOW)
    assert said["rights"]["view"] == {"allowed": True, "reasons": []}
    assert all(
        said["rights"][use] == {"allowed": False, "reasons": ["rights-unreadable"]} for use in USES[1:]
    )
    assert said["rights_flags"] == ["rights-unreadable"]
