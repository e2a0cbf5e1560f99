"""The video ladder in chunks, held against one `ffmpeg` process with a split filter graph and the same x264 settings; and two workers against one.

    ./task bench transcode [--seconds 8] [--rounds 3] [--preset veryfast] [--only mxf] [--masters FOLDER] [--json figures.json]

Three sources of our own making: 1080p H.264, 1080p MPEG-2 4:2:2 in MXF, 720p50 H.264. Both sides decode once, scale to the same sizes and
write the same rungs; ours in chunks, each in a process of its own, read over HTTP by ranges. Chunks are those that are planned (30 to 60 s)
from `--seconds 60` on, two halves of anything shorter; ours is encoded in one chunk as well (`the same, unchunked`: the same x264 in one
process, no borders), so that what cutting costs is not mixed up with what another build of x264 does. CPU seconds are of all processes, start-up
included, and walls of every step go into `--json`, which `./task bench scaling --figures` takes. SSIM is ffmpeg's, of each rung against the scaled master. Goals: CPU at most 1.05 ×, |ΔSSIM| at most 0.002, bytes within 3 %;
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
from functions.transcode.profiles import CHUNK_MIN_S
from functions.transcode.stitched import stitch
from tests.fix_media import Shelf, serving
from tests.media import make

UNCHUNKED = "the same, unchunked"
SOUND = {"codec": "pcm_s16le"}
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


def plan(source: dict[str, Any], pieces: int | None) -> tuple[Film, list[tuple[int, int]]]:
    """The film, cut into so many chunks at whole seconds; None: as planned."""
    found = sandbox.run("functions.transcode.index:index_film", {"source": source}, **LIMITS)
    film = parse_film(found["film"])
    line = film.timeline
    if pieces is None:
        return film, [(start, end) for start, end in found["chunks"]]
    step = (line.end - line.origin) / pieces
    at = [line.origin + round(step * number) for number in range(pieces)]
    return film, list(zip(at, [*at[1:], line.end], strict=True))


def chunk(source: dict[str, Any], film: Film, ladder: tuple[Rung, ...], cuts: list[tuple[int, int]], folder: Path, preset: str, threads: int) -> Callable[[int], dict[str, Any]]:  # fmt: skip
    def encode(number: int) -> dict[str, Any]:
        directory = folder / str(number)
        directory.mkdir(parents=True)
        start, end = cuts[number]
        began = time.monotonic()
        found = sandbox.run(
            "functions.transcode.encode:encode_chunk",
            {
                "source": source, "film": film.to_json(), "ladder": [asdict(rung) for rung in ladder], "number": number, "start": start,
                "end": end, "last": number == len(cuts) - 1, "directory": str(directory), "preset": preset, "threads": threads,
            },
            **LIMITS,
        )  # fmt: skip
        return {**found, "took_s": time.monotonic() - began}

    return encode


def ours(
    source: dict[str, Any], folder: Path, preset: str, pieces: int | None, workers: int, threads: int
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
        began = time.monotonic()
        joined.write([stream], pieces_of, files[rung.name])
        joining_s = time.monotonic() - began
    return {
        **found, "frames": stitched.frames, "ladder": ladder, "files": files, "film": film, "chunks_s": [r["took_s"] for r in results],
        "joining_s": joining_s,
    }  # fmt: skip


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
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], UNCHUNKED: [], "ffmpeg": []}
    pieces = None if options.seconds >= 2 * CHUNK_MIN_S else 2
    for number in range(options.rounds):
        mine = ours(source, folder / f"ours{number}", options.preset, pieces, 1, threads)
        sides["ours"].append(mine)
        sides[UNCHUNKED].append(ours(source, folder / f"whole{number}", options.preset, 1, 1, threads))
        sides["ffmpeg"].append(theirs(ffmpeg, path, mine["film"], mine["ladder"], folder / f"theirs{number}", options.preset, threads))  # fmt: skip
    files = {side: found[0]["files"] for side, found in sides.items()}
    rungs = {
        rung.name: {
            "bytes": {side: found[rung.name].stat().st_size for side, found in files.items()},
            "ssim": {side: ssim(ffmpeg, found[rung.name], path, rung) for side, found in files.items()},
        }
        for rung in sides["ours"][0]["ladder"]
    }
    return {
        "source": name, "chunks": len(sides["ours"][0]["chunks_s"]), "cpu_s": {side: [r["cpu_s"] for r in found] for side, found in sides.items()},
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


def machine(ffmpeg: str, path: Path, folder: Path, options: argparse.Namespace) -> float:
    """What a second core is worth here: two ffmpeg processes of one thread at once, against one after the other."""
    folder.mkdir()
    command = [ffmpeg, "-v", "error", "-y", "-threads", "1", "-i", str(path), "-c:v", "libx264", "-threads", "1", "-preset", options.preset, "-an"]  # fmt: skip

    def run(count: int) -> float:
        began = time.monotonic()
        running = [subprocess.Popen([*command, str(folder / f"{number}.mp4")]) for number in range(count)]
        for each in running:
            if each.wait(timeout=1200):
                raise SystemExit("ffmpeg failed")
        return time.monotonic() - began

    return statistics.median(2 * run(1) / run(2) for _ in range(options.rounds))


def held_against(found: dict[str, Any], other: str) -> tuple[str, ...]:
    """The other side, CPU and wall (ours / the other), ΔSSIM of the worst rung, bytes of all rungs."""
    cpu, wall = (
        spread([mine / their for mine, their in zip(found[key]["ours"], found[key][other], strict=True)])
        for key in ("cpu_s", "wall_s")
    )
    rungs = found["rungs"].values()
    size = sum(r["bytes"]["ours"] for r in rungs) / sum(r["bytes"][other] for r in rungs)
    worst = max((r["ssim"]["ours"] - r["ssim"][other] for r in rungs), key=abs)
    return other, cpu, wall, f"{worst:+.4f}", f"{size:.3f}"


def master(folder: Path, known: dict[str, Any], seconds: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{seconds}s-{known['name']}"
    if not kept.exists():
        form = {**known, "rate": Fraction(known["rate"]), "name": f"{seconds}s-unfinished-{known['name']}"}
        make.film(folder, frames=seconds * known["rate"], draw=busy, sounds=(SOUND,), **form).rename(kept)
    return kept


def nothing(arguments: dict[str, Any], say: Any) -> dict[str, Any]:
    """What a chunk's process costs before it does anything."""
    return {}


def steps(path: Path, shelf: Shelf, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Walls of all that a film needs, of one worker: `chunks_s` with their process, the others too."""
    source, threads = shelf.source(path), os.cpu_count() or 2
    folder.mkdir()
    found: dict[str, Any] = {"seconds": options.seconds}

    def timed(name: str, entry: str, arguments: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        made = sandbox.run(entry, arguments, **LIMITS)
        found[name] = time.monotonic() - began
        return made

    timed("start_s", "bench.transcode:nothing", {})
    planned = timed("plan_s", "functions.transcode.index:index_film", {"source": source})
    shared = {"source": source, "film": planned["film"], "directory": str(folder), "threads": threads}
    timed("poster_s", "functions.transcode.poster:make_poster", shared)
    heard = timed("listen_s", "functions.transcode.soundtracks:listen", shared)["heard"]
    timed("sound_s", "functions.transcode.soundtracks:encode_soundtracks", {**shared, "heard": heard})
    encoded = ours(source, folder / "pictures", options.preset, None, 1, threads)
    return {**found, "chunks_s": encoded["chunks_s"], "joining_s": encoded["joining_s"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--only", default="", help="sources whose name has this in it")
    parser.add_argument("--workers-only", action="store_true", help="two workers against one, and no ladder")
    parser.add_argument("--masters", type=Path, help="a folder in which masters are kept for the next run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ffmpeg = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, serving(Path(name) / "shelf") as shelf:
        folder = Path(name)
        wanted = {title: known for title, known in SOURCES.items() if options.only in title}
        masters = {
            title: master(options.masters or folder, known, options.seconds)
            for title, known in wanted.items()
        }
        first = next(iter(masters))
        rows: list[tuple[Any, ...]] = []
        raw: dict[str, Any] = {"seconds": options.seconds}
        if options.workers_only:
            pass
        elif ffmpeg is None:
            print("ffmpeg is missing (Debian: apt-get install ffmpeg): the comparison is left out")
        else:
            found = []
            for title, path in masters.items():
                (folder / path.stem).mkdir()
                found.append(compare(title, path, shelf, folder / path.stem, options, ffmpeg))
            raw["ladder"] = found
            for each in found:
                rows += [
                    (each["source"], each["chunks"], *held_against(each, other))
                    for other in ("ffmpeg", UNCHUNKED)
                ]
        workers = scale_out(masters[first], shelf, folder / "workers", options)
        if ffmpeg:
            workers["machine"] = machine(ffmpeg, masters[first], folder / "machine", options)
        raw["workers"] = workers
        raw["steps"] = steps(masters[first], shelf, folder / "steps", options)
    columns = ("source", "chunks", "ours against", "CPU", "wall", "ΔSSIM (worst rung)", "bytes")
    show("ladder", columns, rows, raw)
    print(f"2 workers against 1: {workers['ratio']:.2f} × as fast (goal 1.8)")
    if "machine" in workers:
        print(f"two ffmpeg of one thread at once against one after the other: {workers['machine']:.2f} ×")
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
