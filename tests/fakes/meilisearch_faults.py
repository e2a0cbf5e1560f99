"""How the Meilisearch that we play refuses: a status with a documented code, and fields that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Fault(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def only(value: Mapping[str, Any], known: set[str], code: str = "bad_request") -> None:
    for name in value:
        if name not in known:
            raise Fault(400, code, f"Unknown field `{name}`")
