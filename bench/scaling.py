"""How long films take with 1 to 1000 workers: a simulation fed with measured times of chunks and overheads, and where it stops scaling.

    ./task bench scaling [--figures figures.json of `bench transcode`] [--plot scaling.png]

Workers take chunks in the order in which they were planned, as the broker hands them out. A film costs: its plan, its chunks (pictures,
sound in parts of seven and a half minutes, a poster), an event's hop and a process's start for each, and then what cannot be divided:
joining the files. Sound in several parts is heard first, all of it, and then encoded: those chunks queue up behind all others. The plot is drawn with matplotlib when it is there (pip install matplotlib); the table needs nothing.
"""

from __future__ import annotations

import argparse
import heapq
import json
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.figures import show
from functions.transcode.chunks import plan_chunks
from functions.transcode.plan import sound_ranges
from functions.transcode.profiles import FILES

WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
MINUTES = (10, 60, 120, 480)
KEY_FRAMES_S = 2.0
FILES_JOINED = len(FILES)


@dataclass(frozen=True)
class Costs:
    """Seconds on one worker of two cores; a second of film unless said otherwise."""

    pictures: float = 0.9
    sound: float = 0.06
    listen: float = 0.02
    start: float = 0.6  # of a process, for each chunk
    hop: float = 0.01  # of an event
    plan: float = 1.5  # of a film
    poster: float = 3.0  # of a film
    joining: float = 0.012


def chunks(minutes: int, costs: Costs) -> tuple[list[float], list[float]]:
    """How long each chunk of a film takes, in their order: first those that wait for nothing, then those that wait for the listeners,
    which are the first of the others."""
    seconds = minutes * 60.0
    keys = [round(number * KEY_FRAMES_S * 1000) for number in range(int(seconds / KEY_FRAMES_S))]
    pictures = [
        (chunk.end - chunk.start) / 1000
        for chunk in plan_chunks(keys, 0, round(seconds * 1000), Fraction(1, 1000))
    ]
    sound = [
        (min(until or seconds * 48_000, seconds * 48_000) - first) / 48_000
        for first, until in sound_ranges(seconds)
    ]
    each = costs.hop + costs.start
    shown = [*(each + length * costs.pictures for length in pictures), each + costs.poster]
    if len(sound) == 1:
        return [each + sound[0] * (costs.listen + costs.sound), *shown], []
    listening = [each + length * costs.listen for length in sound]
    return [*listening, *shown], [each + length * costs.sound for length in sound]


def simulate(minutes: int, workers: int, costs: Costs) -> float:
    """Seconds from the master's arrival to its last rendition."""
    free = [0.0] * workers
    heapq.heapify(free)
    end = heard = 0.0
    first, waiting = chunks(minutes, costs)
    for number, work in enumerate([*first, *waiting]):
        begin = heapq.heappop(free)
        done = (max(begin, heard) if number >= len(first) else begin) + work
        if number < len(waiting):  # as many listen as encode
            heard = max(heard, done)
        end = max(end, done)
        heapq.heappush(free, done)
    return costs.plan + end + costs.hop + costs.start + minutes * 60 * costs.joining


def stops(minutes: int, costs: Costs) -> int:
    """The most workers of which another doubling still saves a tenth."""
    for few, many in pairwise(WORKERS):
        if simulate(minutes, many, costs) > 0.9 * simulate(minutes, few, costs):
            return few
    return WORKERS[-1]


def why(minutes: int, costs: Costs) -> str:
    first, waiting = chunks(minutes, costs)
    longest, joining = max(first), minutes * 60 * costs.joining
    sound = f"sound {max(first[: len(waiting)]) + max(waiting):.0f} s, " if waiting else ""
    return f"{sound}longest other chunk {longest:.0f} s, joining {joining:.0f} s, plan {costs.plan:.1f} s"


def measured(costs: Costs, figures: dict[str, Any]) -> Costs:
    """Out of `bench transcode --json`: walls of every step, a process's start taken out of each."""
    found = figures["steps"]
    seconds, start = found["seconds"], found["start_s"]
    encoding = sum(took - start for took in found["chunks_s"])
    return replace(
        costs,
        start=round(start, 3),
        plan=round(found["plan_s"], 3),
        poster=round(max(0.0, found["poster_s"] - start), 3),
        pictures=round(encoding / seconds, 4),
        sound=round(max(0.0, found["sound_s"] - start) / seconds, 5)
        or costs.sound,  # too short to be measured
        listen=round(max(0.0, found["listen_s"] - start) / seconds, 5) or costs.listen,
        joining=round(found["joining_s"] * FILES_JOINED / seconds, 5),
    )


def draw(path: Path, table: dict[int, dict[int, float]]) -> None:
    import matplotlib  # type: ignore[import-not-found,unused-ignore]  # optional

    matplotlib.use("Agg")
    from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]  # optional

    figure, axes = pyplot.subplots(figsize=(8, 5))
    for minutes, line in table.items():
        axes.loglog(
            list(line),
            [minutes * 60 / seconds for seconds in line.values()],
            marker="o",
            label=f"{minutes} min",
        )
    axes.loglog(
        WORKERS,
        [table[MINUTES[0]][1] and MINUTES[0] * 60 / table[MINUTES[0]][1] * w for w in WORKERS],
        "k:",
        label="ideal",
    )
    axes.set(xlabel="workers", ylabel="times as fast as the film plays")
    axes.legend()
    axes.grid(which="both", alpha=0.3)
    figure.savefig(path, dpi=110, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    costs = measured(Costs(), json.loads(options.figures.read_text())) if options.figures else Costs()
    table = {
        minutes: {workers: simulate(minutes, workers, costs) for workers in WORKERS} for minutes in MINUTES
    }
    rows = [
        (f"{minutes} min", *(f"{line[w]:.0f}" for w in (1, 2, 8, 32, 128, 1000)), stops(minutes, costs), why(minutes, costs))
        for minutes, line in table.items()
    ]  # fmt: skip
    show("seconds until the last rendition, simulated", ("film", "1 worker", "2", "8", "32", "128", "1000", "stops at", "because of"), rows, {"costs": vars(costs), "seconds": table})  # fmt: skip
    if options.plot:
        if find_spec("matplotlib") is None:
            print("matplotlib is missing (pip install matplotlib): no plot")
        else:
            draw(options.plot, table)


if __name__ == "__main__":
    main()
