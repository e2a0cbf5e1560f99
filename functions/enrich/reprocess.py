"""`acervo reprocess --step ocr [--model NAME]`, or `python -m functions.enrich.reprocess`: run one step again for the assets whose results come from another model.

Throttled: at most `--at-once` runs are open at any moment, so that new assets are not kept waiting. Resumable: what is to do is asked of the
database (the last run of the step was not done with this model), so a run that was stopped is started again with the same words.
Needs DATABASE_URL, S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY as the services do (on one machine: `eval "$(./task env)"`); K_SINK sends the
requests at once, without it the sweeper does.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acervo import settings
from acervo.database import query
from acervo.errors import AcervoError, Permanent, Transient
from acervo.function import Call, Resources
from acervo.objects import NotFound
from functions.enrich import fetch, frames_step, models, step
from functions.enrich.main import STEPS
from functions.enrich.settings import EmbedSettings

ASSETS = {
    "speech": ("video", "audio"), "frames": ("video", "image"), "objects": ("video", "image"), "ocr": ("video", "image"),
    "embed": ("video", "audio", "image"), "names": ("video", "audio", "image"),
    "speakers": ("video", "audio"), "pictures": ("video", "image"),
}  # fmt: skip
MODELS = {
    "speech": ("speech", "whisper-base"), "objects": ("vision", "yolo11n"), "ocr": ("ocr", "pp-ocr-small"),
    "embed": ("embedding", "multilingual-e5-small"), "names": ("names", ""),
    "speakers": ("voice", "resemblyzer"), "pictures": ("picture", ""),
}  # fmt: skip
PAGE = 100
POLL_S = 1.0
LOOKS_AT_FRAMES = ("objects", "ocr", "pictures")


class Reprocess:
    """One step, one model."""

    def __init__(self, call: Call, name: str, model: str | None, at_once: int, patience_s: float) -> None:
        """Raises Permanent: models.yaml has no such model of the step's kind."""
        self._call, self._name, self._at_once, self._patience_s = call, name, at_once, patience_s
        if name == "frames":
            self._model, self._used = None, frames_step.METHOD
        else:
            kind, usual = MODELS[name]
            self._model = model or usual
            if not self._model:
                raise Permanent("model-unknown", f"the step {name} has no usual model: name one with --model")
            self._used = models.find(self._model, kind).label

    def waiting(self) -> Iterator[str]:
        """Ids of the assets to do, in order, page by page."""
        after = str(uuid.UUID(int=0))
        while True:
            with self._call.database.transaction() as connection:
                rows = list(
                    query.assets_to_reprocess(
                        connection, kind=self._name, kinds=list(ASSETS[self._name]), used=self._used, after=after, limit=PAGE,
                    )
                )  # fmt: skip
            yield from (str(row["id"]) for row in rows)
            if len(rows) < PAGE:
                return
            after = str(rows[-1]["id"])

    def run(self, limit: int | None = None) -> int:
        """How many runs were begun.

        Raises:
            Transient: nothing was finished for `patience_s`.
        """
        begun = 0
        for asset_id in self.waiting():
            if limit is not None and begun >= limit:
                break
            self._wait_for_room()
            begun += self._begin(asset_id)
        return begun

    def _open(self) -> int:
        with self._call.database.transaction() as connection:
            return int(query.open_jobs_of(connection, kind=self._name))

    def _wait_for_room(self) -> None:
        least, deadline = self._open(), time.monotonic() + self._patience_s
        while (now := self._open()) >= self._at_once:
            if now < least:
                least, deadline = now, time.monotonic() + self._patience_s
            if time.monotonic() > deadline:
                raise Transient(
                    "nothing-moves", f"{now} runs of {self._name} are open, and none was finished for {self._patience_s:.0f} s"
                )  # fmt: skip
            time.sleep(POLL_S)

    def _begin(self, asset_id: str) -> bool:
        name, model = self._name, self._model
        with self._call.change() as work:
            asset = query.lock_asset(work.connection, asset_id=asset_id)
            if name in LOOKS_AT_FRAMES and not self._has_frames(work.connection, asset_id):
                name, model = "frames", None  # its end plans the others
            key = f"reprocess\n{uuid.uuid4()}"
            made = step.begin(
                STEPS[name], self._call, work, asset, {}, cause=f"reprocess {uuid.uuid4()}", key=key, model=model, again=True,
            )  # fmt: skip
        return made is not None

    def _has_frames(self, connection: Any, asset_id: str) -> bool:
        """Whether the frames are there: they expire in the bucket."""
        first = next(iter(query.frames_of(connection, asset_id=asset_id)), None)
        if first is None:
            return False
        try:
            self._call.objects.head(self._call.objects.proxies, first["key"])
        except NotFound:
            return False
        return True


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """What services have and a person at a shell need not give: no URL is signed and no model is loaded here."""
    return {
        "S3_PUBLIC_ENDPOINT": env.get("S3_ENDPOINT", ""), "MODELS_DIR": fetch.DEFAULT_DIR,
        **{name: value for name, value in env.items() if value},
    }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("reprocess", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--step", required=True, choices=sorted(ASSETS))
    parser.add_argument("--model", help="of models.yaml; the service's usual one when left out")
    parser.add_argument("--at-once", type=int, default=20, help="runs that may be open at a time")
    parser.add_argument("--limit", type=int, help="begin no more than this many")
    parser.add_argument(
        "--patience-s", type=float, default=3600, help="stop when nothing was finished for so long"
    )
    parser.add_argument("--dry-run", action="store_true", help="say which assets, change nothing")
    options = parser.parse_args(arguments)
    resources = Resources(EmbedSettings, environment(os.environ))
    try:
        work = Reprocess(
            Call(None, "enrich-reprocess", resources), options.step, options.model, max(1, options.at_once), options.patience_s
        )  # fmt: skip
        if options.dry_run:
            count = 0
            for asset_id in work.waiting():
                sys.stdout.write(f"{asset_id}\n")
                count += 1
            sys.stderr.write(f"{count} assets\n")
            return 0
        sys.stderr.write(f"{work.run(options.limit)} runs of {options.step} begun\n")
    except settings.SettingsError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except AcervoError as fault:
        sys.stderr.write(f"{fault.reason}\n")
        return 1
    finally:
        resources.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
