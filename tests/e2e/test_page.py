"""The page in a real browser against the whole platform: `tests/web/*.test.mjs`, one pytest test a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
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


@pytest.fixture(scope="module")
def environment(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the suite is told: where, who, and what there is to find."""
    if reason := _missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("page")
    newsroom = Newsroom(platform, folder)
    speech, _ = build_speech(folder)
    film = build_film(speech, folder / "aviso.mp4")
    sound = Path(shutil.copyfile(speech, folder / "centralita.wav"))
    picture = make.photo(folder)
    assert film.stat().st_size > 3 * objects.MIN_PART_BYTES, (
        "the film is too short to be cut off in the middle"
    )
    ids = {
        name: newsroom.upload(file) for name, file in (("film", film), ("sound", sound), ("picture", picture))
    }
    for asset_id in ids.values():
        assert newsroom.wait(asset_id)["status"] == "ready"
    hit = newsroom.find(WORD, ids["film"])
    material: dict[str, Any] = {
        **ids, "word": WORD, "mistyped": MISTYPED, "second": hit["passages"][0]["at_s"],
        "files": {"film": str(film), "picture": str(picture)},
    }  # fmt: skip
    stack = platform.stack
    people = {user["username"]: user["password"] for user in stack.users()}
    (folder / "material.json").write_text(json.dumps(material))
    (folder / "people.json").write_text(json.dumps(people))
    newsroom.close()
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
