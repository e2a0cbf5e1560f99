"""The real models: from MODELS_DIR, or assembled once under `.cache/models` of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from functions.enrich import fetch, models

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def models_dir() -> Path:
    directory = Path(os.environ.get("MODELS_DIR") or ROOT / fetch.DEFAULT_DIR)
    fetch.fetch([model for model in models.registry().values() if not model.optional], directory)
    return directory
