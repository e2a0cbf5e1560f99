"""How a scope is asked for: its projects by name or, when they have most of the documents, everything without the others, which costs a half or less.

Both find the same, because every document has one project, and the projects are those of the very state of the index that is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 5_000  # projects that are left out by name


@dataclass(frozen=True)
class Projects:
    """Documents by project, of one state of one index."""

    having: Mapping[str, int]

    @classmethod
    def of(cls, searcher: Any) -> Projects:
        return cls(dict(searcher.terms_with_prefix("project", "")))

    def outside(self, scope: frozenset[str]) -> frozenset[str] | None:
        """The projects to leave out; None when the scope's own are to be named."""
        others = self.having.keys() - scope
        left_out = sum(self.having[project] for project in others)
        if len(others) > MOST or 2 * left_out > sum(self.having.values()) or not scope:
            return None
        return frozenset(others)
