"""Why a trigger gave up on an event, read back from the answer that it got. Pure.

Functions answer with a problem (RFC 9457); Knative keeps the first kilobyte of it. `publish` writes `code: reason` itself, for what no
trigger knows of. Any other answer (a proxy's page, a broken connection) names no code, and is shown as it is.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_CODE = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_CUT_OFF = re.compile(rf'^\{{"type": ?"urn:acervo:problem:({_CODE})"')
_WRITTEN = re.compile(rf"^({_CODE}): (.+)$", re.DOTALL)


class Why(NamedTuple):
    code: str | None = None
    reason: str | None = None


def why(answer: str | None) -> Why:
    """The code and the sentence of an answer, as far as it has them."""
    if not answer:
        return Why()
    try:
        problem = json.loads(answer)
    except (ValueError, RecursionError):
        return _of_text(answer)
    if not isinstance(problem, dict):
        return Why()
    code, reason = problem.get("title"), problem.get("detail")
    if not isinstance(code, str) or not re.fullmatch(_CODE, code):
        return Why()
    return Why(code, reason if isinstance(reason, str) else None)


def _of_text(answer: str) -> Why:
    if cut := _CUT_OFF.match(answer):
        return Why(cut[1])
    return Why(*written.groups()) if (written := _WRITTEN.match(answer)) else Why()
