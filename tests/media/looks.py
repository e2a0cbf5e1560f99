"""Looking at what was made: frames and their times, likeness, samples and where a click is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from functions.transcode import index
from tests.fix_media import Shelf
from tests.media.pipeline import Result, quiet, transcode


@dataclass(frozen=True)
class Decoded:
    times: list[Fraction]
    frames: list[Any]


def decode(path: Path) -> Decoded:
    with av.open(str(path)) as container:
        stream = next(found for found in container.streams if found.type == "video")
        frames: list[Any] = list(container.decode(stream))
        return Decoded([Fraction(frame.pts) * frame.time_base for frame in frames], frames)


def cuts(source: dict[str, Any], at_s: list[float]) -> list[list[int]]:
    timeline = index.index_film({"source": source}, quiet)["film"]["timeline"]
    places = [timeline["origin"] + round(Fraction(at) / Fraction(*timeline["base"])) for at in at_s]
    return [list(pair) for pair in pairwise([timeline["origin"], *places, timeline["end"]])]


def psnr(master: Any, rendition: Any) -> float:
    size = (rendition.width, rendition.height)
    one = master.reformat(*size, "yuv420p", interpolation="BICUBIC").to_ndarray().astype(float)
    two = rendition.reformat(format="yuv420p").to_ndarray()
    error = float(np.mean((one - two) ** 2))
    return float(10 * np.log10(65025 / max(error, 1e-3)))


def make_result(shelf: Shelf, path: Path, folder: Path, at_s: list[float] | None = None) -> Result:
    source = shelf.source(path)
    return transcode(source, folder, cuts(source, at_s) if at_s is not None else None)


def samples(path: Path, zero_s: float) -> np.ndarray[Any, Any]:
    """The first channel from the moment `zero_s` of the container's clock on."""
    line = np.zeros(48000 * 8)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            at = round((float(frame.time or 0) - zero_s) * 48000)
            data = frame.to_ndarray()[0]
            first = max(0, -at)
            if first >= len(data):
                continue
            line[max(0, at) : max(0, at) + len(data) - first] = data[first:][: max(0, len(line) - max(0, at))]
    return line


def lag(one: np.ndarray[Any, Any], two: np.ndarray[Any, Any], at: int, reach: int = 2000) -> int:
    """Samples by which the click near `at` comes later in `two`."""
    click = one[at : at + 960]
    assert np.abs(click).max() > 0.3, "there is a click"
    found = np.correlate(two[at - reach : at + 960 + reach], click, "valid")
    return int(np.argmax(found)) - reach
