"""How the Elasticsearch that we play refuses: a status, a type and a reason, and keys that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Fault(Exception):
    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.kind, self.reason = status, kind, reason

    @property
    def body(self) -> dict[str, Any]:
        cause = {"type": self.kind, "reason": self.reason}
        return {"error": {"root_cause": [cause], **cause}, "status": self.status}


def only(value: Mapping[str, Any], known: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise Fault(400, "parsing_exception", f"[{where}] is no object")
    for name in value:
        if name not in known:
            raise Fault(400, "parsing_exception", f"[{where}] unknown field [{name}]")
