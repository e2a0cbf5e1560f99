"""Writes the API's description, made from its code, to the file that the page's types are generated from (`npm run api`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "web" / "src" / "api" / "openapi.json"


def snapshot() -> str:
    """The description as the snapshot has it: sorted, so that a change shows as little as it is."""
    from functions.api import openapi
    from functions.api.main import endpoints

    return json.dumps(openapi.build(endpoints), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    SNAPSHOT.write_text(snapshot())
