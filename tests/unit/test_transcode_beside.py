"""Rungs that are encoded side by side: no other bytes than one after the other, and no fault is lost."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest

from functions.transcode import encode, index
from functions.transcode.encode import BEHIND_FRAMES, Beside, RungEncoder
from functions.transcode.film import parse_film
from functions.transcode.ladder import build_ladder
from tests.fix_media import Shelf
from tests.media import make
from tests.media.pipeline import quiet


def encoded(
    source: dict[str, Any], directory: Path, threads: int, rungs: slice = slice(None)
) -> dict[str, bytes]:
    directory.mkdir()
    planned = index.index_film({"source": source}, quiet)
    film = parse_film(planned["film"])
    ladder = build_ladder(film.picture)[rungs]
    (start, end), *_ = planned["chunks"]
    encode.encode_chunk(
        {
            "source": source, "film": film.to_json(), "ladder": [asdict(rung) for rung in ladder], "number": 0, "start": start, "end": end,
            "last": True, "directory": str(directory), "preset": "veryfast", "threads": threads,
        },
        quiet,
    )  # fmt: skip
    return {rung.name: (directory / f"{rung.name}.m4s").read_bytes() for rung in ladder}


def test_rungs_encoded_side_by_side_are_the_same_to_the_byte(shelf: Shelf, tmp_path: Path) -> None:
    """Slices, and threads that take turns with the peak rate, would show."""
    source = shelf.source(make.film(tmp_path, frames=60, size=(960, 540), options={"crf": "4"}))
    alone, beside, again = (
        encoded(source, tmp_path / str(number), threads) for number, threads in enumerate((1, 2, 2))
    )
    assert len(alone) > 1
    assert alone == beside == again
    assert encoded(source, tmp_path / "one", 2, slice(1)).items() <= alone.items(), "ordered again by itself"


class Broken:
    """A rung whose encoder falls over its third picture."""

    def __init__(self) -> None:
        self.seen = 0

    def encode(self, *_: Any) -> None:
        self.seen += 1
        if self.seen == 3:
            raise ValueError("no room on the disk")


@pytest.mark.parametrize("frames", [3, 10 * BEHIND_FRAMES], ids=["at-the-end", "at-once"])
def test_a_rung_that_fails_fails_its_chunk(frames: int) -> None:
    broken = Broken()
    with closing(Beside(cast(RungEncoder, broken))) as beside:
        with pytest.raises(ValueError, match="no room"):  # noqa: PT012  # here or there
            for ticks in range(frames):
                beside.encode(cast(Any, None), ticks, False)
            beside.finish(frames, "x")
        assert broken.seen <= 3 + BEHIND_FRAMES, "nobody fills memory for an encoder that has stopped"
