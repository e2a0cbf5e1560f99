"""The page in a real browser against the whole platform: `tests/web/*.test.mjs`, one pytest test a file."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest

from acervo import objects
from demo.film import build_film
from demo.speech import build_speech
from knative.local.supervise import Platform
from tests.e2e.newsroom import Newsroom
from tests.media import make

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "web"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WORD, MISTYPED = "servicio", "servisio"
LONGEST_S = 600

pytestmark = [pytest.mark.platform, pytest.mark.slow, pytest.mark.timeout(LONGEST_S + 60)]


def _missing() -> str | None:
    if not Path(CHROMIUM).exists():
        return f"there is no {CHROMIUM}: install Debian's package chromium"
    if not (SUITE / "node_modules").exists():
        return "run `npm ci` in tests/web"
    if not (ROOT / "web/dist/index.html").exists():
        return "run `npm ci` and `npm run build` in web"
    return None


def _distinct_film(film: Path) -> Path:
    """The same film in other bytes (a `free` box at its end): the platform knows the demo's film already."""
    with film.open("ab") as target:
        target.write(struct.pack(">I4s", 24, b"free") + secrets.token_bytes(16))
    return film


def _distinct_sound(speech: Path, target: Path) -> Path:
    """The same recording with ten milliseconds of faint noise at its end."""
    with wave.open(str(speech)) as source, wave.open(str(target), "wb") as copy:
        copy.setparams(source.getparams())
        copy.writeframes(source.readframes(source.getnframes()))
        copy.writeframes(bytes(byte & 1 for byte in secrets.token_bytes(source.getframerate() // 50)))
    return target


@pytest.fixture(scope="module")
def environment(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the suite is told: where, who, and what there is to find."""
    if reason := _missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("page")
    speech, _ = build_speech(folder)
    film = _distinct_film(build_film(speech, folder / "aviso.mp4"))
    sound = _distinct_sound(speech, folder / "centralita.wav")
    picture = make.photo(folder, size=(1602 + 2 * secrets.randbelow(99), 1200))
    assert film.stat().st_size > 3 * objects.MIN_PART_BYTES, (
        "the film is too short to be cut off in the middle"
    )
    files = {"film": film, "sound": sound, "picture": picture}
    with contextlib.closing(Newsroom(platform, folder)) as newsroom:
        ids = {name: newsroom.upload(file) for name, file in files.items()}
        for asset_id in ids.values():
            asset = newsroom.wait(asset_id)
            assert asset["status"] == "ready", asset
        hit = newsroom.find(WORD, ids["film"])
    material: dict[str, Any] = {
        **ids, "word": WORD, "mistyped": MISTYPED, "second": hit["passages"][0]["at_s"],
        "files": {"film": str(film), "picture": str(picture)},
    }  # fmt: skip
    stack = platform.stack
    people = {user["username"]: user["password"] for user in stack.users()}
    (folder / "material.json").write_text(json.dumps(material))
    (folder / "people.json").write_text(json.dumps(people))
    return {
        **os.environ,
        "ACERVO_URL": stack.origin,
        "ACERVO_MATERIAL": str(folder / "material.json"),
        "ACERVO_PEOPLE": str(folder / "people.json"),
        "CHROMIUM": CHROMIUM,
    }


@pytest.mark.parametrize("name", sorted(file.name for file in SUITE.glob("*.test.mjs")))
def test_the_page_does_what_editors_need(environment: dict[str, str], name: str) -> None:
    command = ["node", "--test", "--test-reporter=spec", name]
    done = subprocess.run(
        command, cwd=SUITE, env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
