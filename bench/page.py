"""The page in a browser: from a key in the search box to its painted answer, from an asset's address to the first frame of its film.

Against the platform that runs (ACERVO_DATA, ACERVO_PORT), with what it holds: at least one film, and the words asked for. The peers are what a page
cannot be quicker than: the same search by fetch in the same browser, a bare <video> with the film's small file. Numbers of one machine's
browser without a GPU: compare them with their peers, not with other machines.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.figures import quantile, quantiles, show
from knative.local.stack import Stack

HERE = Path(__file__).parent
KEY_GOAL_MS, FRAME_GOAL_MS = 100.0, 1000.0
LONGEST_S = 900


def measured(stack: Stack, rounds: int, film: str, words: list[str]) -> dict[str, list[float]]:
    """Milliseconds by what they are of."""
    samples: dict[str, list[float]] = defaultdict(list)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as people:
        json.dump({user["username"]: user["password"] for user in stack.users()}, people)
        people.flush()
        done = subprocess.run(
            ["node", str(HERE / "page.mjs"), str(rounds), film, *words],
            env={**os.environ, "ACERVO_URL": stack.origin, "ACERVO_PEOPLE": people.name},
            stdout=subprocess.PIPE, text=True, timeout=LONGEST_S, check=True,
        )  # fmt: skip
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if said["what"] == "keystroke":
            samples["until asked"].append(said["asked"])
            samples["search answers"].append(said["answered"] - said["asked"])
            samples["page paints"].append(said["painted"] - said["answered"])
            samples["key to painted"].append(said["painted"])
        else:
            samples[said["what"]].append(said["ms"])
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--film", default="-", help="an asset's id; the newest film otherwise")
    parser.add_argument(
        "--words",
        nargs="+",
        default=["servicio", "numero", "marcado"],
        help="of plain letters: keys are pressed",
    )
    chosen = parser.parse_args()
    try:
        samples = measured(Stack.from_environment(), chosen.rounds, chosen.film, chosen.words)
    except subprocess.CalledProcessError as fault:
        sys.exit(f"the browser ended with {fault.returncode}: does the platform run, and has it a film?")
    names = {
        "key to painted": "key to painted answer, ms",
        "until asked": "  of it until the search is asked",
        "search answers": "  of it the search answers",
        "page paints": "  of it the page draws",
        "fetch": "the same search by fetch, ms",
        "asset page": "asset's address to first frame, ms",
        "from the results": "click on a result to first frame, ms",
        "bare video": "a bare <video> to first frame, ms",
    }
    rows = [
        [text, str(len(sample)), *(f"{quantile(sample, share):.0f}" for share in (0.5, 0.95))]
        for name, text in names.items()
        if (sample := samples[name])
    ]
    for text, name, share, goal in (
        ("key to painted ≤ 100 ms p95", "key to painted", 0.95, KEY_GOAL_MS),
        ("first frame ≤ 1 s p50", "asset page", 0.5, FRAME_GOAL_MS),
    ):
        rows.append([text, "", "yes" if quantile(samples[name], share) <= goal else "NO", ""])
    raw = {name: quantiles(sample) for name, sample in samples.items()}
    show("page", ["", "n", "p50", "p95"], rows, raw)


if __name__ == "__main__":
    main()
