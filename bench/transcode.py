"""The video ladder in chunks, held against one `ffmpeg` process with a split filter graph and the same x264 settings; and two workers against one.

    ./task bench transcode [--seconds 8] [--rounds 3] [--preset veryfast] [--json figures.json]

Three sources of our own making: 1080p H.264, 1080p MPEG-2 4:2:2 in MXF, 720p50 H.264. Both sides decode once, scale to the same sizes and
write the same rungs; ours in chunks, each in a process of its own, read over HTTP by ranges. CPU seconds are of all processes, start-up
included. SSIM is ffmpeg's, of each rung against the scaled master. Goals: CPU at most 1.05 ×, |ΔSSIM| at most 0.002, bytes within 3 %;
two workers at least 1.8 × as fast as one. Needs `ffmpeg` (Debian: apt-get install ffmpeg); what is missing is said and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from acervo import sandbox
from bench.figures import show, spread
from functions.transcode import joined
from functions.transcode.film import Film, parse_film
from functions.transcode.ladder import Rung, build_ladder, build_x264_options
from functions.transcode.stitched import stitch
from tests.fix_media import Shelf, serving
from tests.media import make

LIMITS: dict[str, Any] = {"memory_bytes": 6 << 30, "cpu_s": 3000, "wall_s": 1200.0}
SOURCES: dict[str, dict[str, Any]] = {
    "1080p25 H.264 .mp4": {"name": "a.mp4", "size": (1920, 1080), "rate": 25, "gop": 25, "options": {"preset": "ultrafast", "crf": "16"}},
    "1080p25 MPEG-2 4:2:2 .mxf": {"name": "b.mxf", "size": (1920, 1080), "rate": 25, "gop": 12, "codec": "mpeg2video", "pixels": "yuv422p", "options": {"b": "50M", "bf": "2"}},
    "720p50 H.264 .mp4": {"name": "c.mp4", "size": (1280, 720), "rate": 50, "gop": 50, "options": {"preset": "ultrafast", "crf": "16"}},
}  # fmt: skip


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Wall and CPU seconds of the children in between."""
    found: dict[str, float] = {}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    yield found
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["wall_s"] = time.monotonic() - start
    found["cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plan(source: dict[str, Any], pieces: int) -> tuple[Film, list[tuple[int, int]]]:
    """The film, cut into so many chunks at whole seconds."""
    film = parse_film(
        sandbox.run("functions.transcode.index:index_film", {"source": source}, **LIMITS)["film"]
    )
    line = film.timeline
    step = (line.end - line.origin) / pieces
    at = [line.origin + round(step * number) for number in range(pieces)]
    return film, list(zip(at, [*at[1:], line.end], strict=True))


def chunk(source: dict[str, Any], film: Film, ladder: tuple[Rung, ...], cuts: list[tuple[int, int]], folder: Path, preset: str, threads: int) -> Callable[[int], dict[str, Any]]:  # fmt: skip
    def encode(number: int) -> dict[str, Any]:
        directory = folder / str(number)
        directory.mkdir(parents=True)
        start, end = cuts[number]
        return sandbox.run(
            "functions.transcode.encode:encode_chunk",
            {
                "source": source, "film": film.to_json(), "ladder": [asdict(rung) for rung in ladder], "number": number, "start": start,
                "end": end, "last": number == len(cuts) - 1, "directory": str(directory), "preset": preset, "threads": threads,
            },
            **LIMITS,
        )  # fmt: skip

    return encode


def ours(
    source: dict[str, Any], folder: Path, preset: str, pieces: int, workers: int, threads: int
) -> dict[str, Any]:
    """All rungs in chunks, one process each, `workers` at a time; what came of it."""
    film, cuts = plan(source, pieces)
    ladder = build_ladder(film.picture)
    with measured() as found, ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(chunk(source, film, ladder, cuts, folder, preset, threads), range(len(cuts))))
    stitched = stitch(film, ladder, results, [])
    files = {}
    for rung, stream in stitched.rungs:
        pieces_of = {r["rungs"][rung.name]["piece"]["name"]: folder / str(n) / f"{rung.name}.m4s" for n, r in enumerate(results)}  # fmt: skip
        files[rung.name] = folder / f"{rung.name}.mp4"
        joined.write([stream], pieces_of, files[rung.name])
    return {**found, "frames": stitched.frames, "ladder": ladder, "files": files, "film": film}


def theirs(ffmpeg: str, path: Path, film: Film, ladder: tuple[Rung, ...], folder: Path, preset: str, threads: int) -> dict[str, Any]:  # fmt: skip
    """One ffmpeg process that decodes once and encodes every rung."""
    folder.mkdir()
    split = f"[0:v]split={len(ladder)}" + "".join(f"[s{n}]" for n in range(len(ladder)))
    scales = [f"[s{n}]scale={r.width}:{r.height}:flags=bicubic,format=yuv420p[o{n}]" for n, r in enumerate(ladder)]  # fmt: skip
    command = [ffmpeg, "-v", "error", "-y", "-threads", str(threads), "-i", str(path), "-filter_complex", ";".join([split, *scales])]  # fmt: skip
    files = {}
    for number, rung in enumerate(ladder):
        options = build_x264_options(rung, preset, film.timeline.reorder)
        parameters = ":".join(
            each for each in options["x264-params"].split(":") if not each.startswith("annexb")
        )
        files[rung.name] = folder / f"{rung.name}.mp4"
        command += [
            "-map", f"[o{number}]", "-c:v", "libx264", "-threads", str(threads), "-preset", preset, "-profile:v", rung.h264_profile,
            "-b:v", options["b"], "-maxrate", options["maxrate"], "-bufsize", options["bufsize"], "-x264-params", parameters,
            "-force_key_frames", "expr:gte(t,n_forced*2)", "-forced-idr", "1", "-an", str(files[rung.name]),
        ]  # fmt: skip
    with measured() as found:
        subprocess.run(command, check=True, timeout=1200)
    return {**found, "files": files}


def ssim(ffmpeg: str, rendition: Path, master: Path, rung: Rung) -> float:
    graph = f"[1:v]scale={rung.width}:{rung.height}:flags=bicubic,format=yuv420p,settb=1/1000,setpts=N[m];[0:v]settb=1/1000,setpts=N[r];[r][m]ssim"  # fmt: skip
    done = subprocess.run(
        [ffmpeg, "-hide_banner", "-i", str(rendition), "-i", str(master), "-lavfi", graph, "-f", "null", "-"],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip
    found = re.search(rb"All:([0-9.]+)", done.stderr)
    if found is None:
        raise SystemExit("ffmpeg's ssim filter said nothing")
    return float(found[1])


def compare(
    name: str, path: Path, shelf: Shelf, folder: Path, options: argparse.Namespace, ffmpeg: str
) -> dict[str, Any]:
    """Rounds of ours and theirs, one after the other."""
    source, threads = shelf.source(path), os.cpu_count() or 2
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], "ffmpeg": []}
    for number in range(options.rounds):
        mine = ours(source, folder / f"ours{number}", options.preset, 2, 1, threads)
        sides["ours"].append(mine)
        sides["ffmpeg"].append(theirs(ffmpeg, path, mine["film"], mine["ladder"], folder / f"theirs{number}", options.preset, threads))  # fmt: skip
    one, other = sides["ours"][0], sides["ffmpeg"][0]
    rungs = {
        rung.name: {
            "bytes": [files[rung.name].stat().st_size for files in (one["files"], other["files"])],
            "ssim": [ssim(ffmpeg, files[rung.name], path, rung) for files in (one["files"], other["files"])],
        }
        for rung in one["ladder"]
    }
    return {
        "source": name, "cpu_s": {side: [r["cpu_s"] for r in found] for side, found in sides.items()},
        "wall_s": {side: [r["wall_s"] for r in found] for side, found in sides.items()}, "rungs": rungs,
    }  # fmt: skip


def scale_out(path: Path, shelf: Shelf, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Four chunks by one worker and by two, each of one thread."""
    source = shelf.source(path)
    walls: dict[int, list[float]] = {1: [], 2: []}
    for number in range(options.rounds):
        for workers in walls:
            found = ours(source, folder / f"scale{number}-{workers}", options.preset, 4, workers, 1)
            walls[workers].append(found["wall_s"])
    return {"wall_s": walls, "ratio": statistics.median(walls[1]) / statistics.median(walls[2])}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ffmpeg = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, serving(Path(name) / "shelf") as shelf:
        folder = Path(name)
        masters = {
            title: make.film(folder, frames=options.seconds * known["rate"], draw=busy, **{**known, "rate": Fraction(known["rate"])})
            for title, known in SOURCES.items()
        }  # fmt: skip
        rows: list[tuple[str, ...]] = []
        raw: dict[str, Any] = {"seconds": options.seconds}
        if ffmpeg is None:
            print("ffmpeg is missing (Debian: apt-get install ffmpeg): the comparison is left out")
        else:
            found = []
            for title, path in masters.items():
                (folder / path.stem).mkdir()
                found.append(compare(title, path, shelf, folder / path.stem, options, ffmpeg))
            raw["ladder"] = found
            for each in found:
                cpu = [
                    mine / their
                    for mine, their in zip(each["cpu_s"]["ours"], each["cpu_s"]["ffmpeg"], strict=True)
                ]
                size = sum(r["bytes"][0] for r in each["rungs"].values()) / sum(
                    r["bytes"][1] for r in each["rungs"].values()
                )
                worst = max((r["ssim"][0] - r["ssim"][1] for r in each["rungs"].values()), key=abs)
                walls = [
                    mine / their
                    for mine, their in zip(each["wall_s"]["ours"], each["wall_s"]["ffmpeg"], strict=True)
                ]
                rows.append((each["source"], spread(cpu), spread(walls), f"{worst:+.4f}", f"{size:.3f}"))
        workers = scale_out(masters["1080p25 H.264 .mp4"], shelf, folder / "workers", options)
        raw["workers"] = workers
    show("ladder: ours / ffmpeg", ("source", "CPU", "wall", "ΔSSIM (worst rung)", "bytes"), rows, raw)
    print(f"2 workers against 1: {workers['ratio']:.2f} × as fast (goal 1.8)")
    if options.json:
        options.json.write_text(json.dumps(raw, default=str))


def busy(number: int, width: int, height: int) -> make.Image:
    """A picture with something to encode: the test pattern under noise that drifts."""
    import numpy as np

    noise = np.random.default_rng(5).integers(0, 24, (height // 4 + 64, width // 4 + 64, 1), np.uint8)
    shift = number // 3 % 60
    patch = noise[shift : shift + height // 4, shift : shift + width // 4].repeat(4, 0).repeat(4, 1)
    image: make.Image = (make.picture(number, width, height) // 2 + patch[:height, :width] + 40).astype(
        np.uint8
    )
    return image


if __name__ == "__main__":
    main()
