"""What schemathesis cannot know: an Idempotency-Key is for one request, a cursor comes from the page before.

Keys and cursors that are valid by the document are made good ones (a new key, the first page); others stay as they are.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    about = getattr(getattr(getattr(case.meta, "phase", None), "data", None), "parameter", None)
    if about != "Authorization" and 1 <= len(str((case.headers or {}).get("Idempotency-Key", ""))) <= 255:
        case.headers["Idempotency-Key"] = str(uuid4())
    cursor = (case.query or {}).get("cursor")
    if isinstance(cursor, str) and 1 <= len(cursor) <= 500:
        del case.query["cursor"]
