"""An image's four renditions by one decode, held against `vipsthumbnail` run for each size and against sharp doing the same.

    ./task bench images [--rounds 3] [--json figures.json]

A 24 MP JPEG (grainy, and one with little grain) and a 100 MP TIFF of our own making. Every side reads the same file on this disk and
writes the same four sizes at the same qualities; each is timed from exec to the end of its last process, so starting up is in it: wall, CPU
seconds (user and system) and peak memory, medians of the rounds, sides in turn. Ours is the child that `transcode` starts for a picture
(limits, protocol and all), with its bytecode, as the image has it (knative/image/Dockerfile). Copying the master from the object store is
in nobody's figure: all need it, and ours does it while the child starts.

Debian's vipsthumbnail has no MozJPEG, whose search for better coefficients is half of our time. So there are two comparisons with the same
encoder settings on both sides: ours with a plain JPEG against vipsthumbnail, and ours against the same libvips with the same MozJPEG settings
in a process for each size. Goals: at least 2 × faster (wall) than a process for each size, not slower than sharp, at most 150 MB for the JPEG
and 200 MB for the TIFF. A peer that is missing is said and left out: vipsthumbnail (Debian: apt-get install libvips-tools), sharp
(npm install --no-save --prefix FOLDER sharp, then --sharp FOLDER).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips

from bench.figures import show
from functions.transcode.profiles import DISPLAY, MOZJPEG, THUMBS, WEBP

ROOT = Path(__file__).parent.parent
OURS, PLAIN = "functions.transcode.images:make_renditions", "bench._plain_jpeg:make_renditions"
LIMITS = (6 << 30, 2160)  # as functions/transcode/limits.py has them
SOURCES = {
    "24 MP JPEG, grainy": (6000, 4000, 6.0, "a.jpg"),
    "24 MP JPEG": (6000, 4000, 1.5, "b.jpg"),
    "100 MP TIFF": (11600, 8700, 6.0, "c.tif"),
}
ONE_SIZE = """
import json, sys, pyvips
path, target, side, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
image = pyvips.Image.thumbnail(path, side, height=side, size="down")
image.write_to_file(target, keep="none", **options)
"""
OURS_PLAIN = "ours, plain JPEG"
PEERS = {
    "vipsthumbnail": OURS_PLAIN
}  # held against ours with its own encoder settings; the others against ours
LOOK_S = 0.01
SHARP = """
const sharp = require(process.argv[1] + "/node_modules/sharp");
const [file, folder, stills, display] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4]), JSON.parse(process.argv[5])];
(async () => {
  const open = () => sharp(file, { limitInputPixels: false }).rotate();
  const all = [open().resize(display.width, display.height, { fit: "inside", withoutEnlargement: true }).jpeg({ quality: display.quality, mozjpeg: true }).toFile(folder + "/display.jpg")];
  for (const still of stills) all.push(open().resize(still.width, still.height, { fit: "inside", withoutEnlargement: true }).webp({ quality: still.quality, effort: 4 }).toFile(`${folder}/${still.profile}.webp`));
  await Promise.all(all);
})();
"""  # a script


@dataclass(frozen=True)
class Side:
    """What runs one after the other; `said` is what each process hears."""

    commands: list[list[str]]
    said: bytes = b""


def measure(side: Side, env: dict[str, str]) -> dict[str, float]:
    """Wall, CPU and the largest peak of these processes, one after the other."""
    start, cpu, peak = time.monotonic(), 0.0, 0
    for command in side.commands:
        child = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert child.stdin is not None  # it is a pipe
        child.stdin.write(side.said)
        child.stdin.close()
        with watched(child.pid) as peaks:
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{command[0]} failed with {child.returncode}")
        peak = max(peak, *peaks)
        cpu += usage.ru_utime + usage.ru_stime
    return {"wall_s": time.monotonic() - start, "cpu_s": cpu, "peak_mb": peak / 1000}


@contextmanager
def watched(pid: int) -> Iterator[list[int]]:
    """Gets what `high_water` says of a process, a hundred times a second until it ends."""
    peaks, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_S):
            peaks.append(high_water(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def high_water(pid: int) -> int:
    """KiB that this program had at most until now; ru_maxrss begins with its parent's."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def masters(folder: Path) -> dict[str, Path]:
    """A photo with noise, so that there is something to decode."""
    found = {}
    for title, (width, height, grain, name) in SOURCES.items():
        soft = pyvips.Image.gaussnoise(width // 8, height // 8, mean=128, sigma=50).resize(8)
        image = soft.bandjoin([soft.rot180(), soft.fliphor()]) + pyvips.Image.gaussnoise(width, height, mean=0, sigma=grain)  # fmt: skip
        found[title] = folder / name
        image.cast("uchar").copy(interpretation="srgb").write_to_file(str(found[title]))
    return found


def ours(entry: str, path: Path, folder: Path) -> Side:
    """The child that `acervo.sandbox` starts."""
    command = [sys.executable, "-m", "acervo.sandbox", entry, *map(str, LIMITS), str(os.getpid())]
    arguments = {"path": str(path), "directory": str(folder), "threads": os.cpu_count() or 2}
    return Side([command], json.dumps(arguments).encode())


def sides(path: Path, folder: Path, sharp: Path | None) -> dict[str, Side]:
    stills = [
        {"profile": t.profile, "width": t.width, "height": t.height, "quality": t.quality} for t in THUMBS
    ]
    display = {"width": DISPLAY.width, "height": DISPLAY.height, "quality": DISPLAY.quality}
    found = {"ours": ours(OURS, path, folder), OURS_PLAIN: ours(PLAIN, path, folder)}
    single = [sys.executable, "-c", ONE_SIZE, str(path)]
    found["same libvips, a process a size"] = Side([
        [*single, f"{folder}/s-{t.profile}.webp", str(t.width), json.dumps({"Q": t.quality, **WEBP})] for t in THUMBS
    ] + [[*single, f"{folder}/s-display.jpg", str(DISPLAY.width), json.dumps({"Q": DISPLAY.quality, **MOZJPEG})]])  # fmt: skip
    if vipsthumbnail := shutil.which("vipsthumbnail"):
        found["vipsthumbnail"] = Side([
            [vipsthumbnail, str(path), "--size", f"{t.width}x{t.height}>", "-o", f"{folder}/v-{t.profile}.webp[Q={t.quality},effort=4]"] for t in THUMBS
        ] + [[vipsthumbnail, str(path), "--size", f"{DISPLAY.width}x{DISPLAY.height}>", "-o", f"{folder}/v-display.jpg[Q={DISPLAY.quality},optimize_coding,interlace]"]])  # fmt: skip
    else:
        print("vipsthumbnail is missing: apt-get install libvips-tools")
    node = shutil.which("node")
    if node and sharp and (sharp / "node_modules/sharp").is_dir():
        found["sharp"] = Side([[node, "-e", SHARP, str(sharp), str(path), str(folder), json.dumps(stills), json.dumps(display)]])  # fmt: skip
    else:
        print("sharp is missing: npm install --no-save --prefix FOLDER sharp, then --sharp FOLDER")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sharp", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows, raw = [], {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        env = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
        for title, path in masters(folder).items():
            made = folder / "made"
            known = sides(path, made, options.sharp)
            for side in known.values():  # writes the bytecode, warms the page cache
                made.mkdir()
                measure(side, env)
                if len(list(made.iterdir())) != len(THUMBS) + 1:
                    raise SystemExit(f"{side.commands[0][0]} did not make every size")
                shutil.rmtree(made)
            made.mkdir()
            rounds: dict[str, list[dict[str, float]]] = {side: [] for side in known}
            for _ in range(options.rounds):
                for name_of, side in known.items():
                    rounds[name_of].append(measure(side, env))
            shutil.rmtree(made)
            raw[title] = rounds
            middle = {
                side: {key: float(np.median([each[key] for each in found])) for key in ("wall_s", "cpu_s", "peak_mb")}
                for side, found in rounds.items()
            }  # fmt: skip
            for label, each in middle.items():
                mine = PEERS.get(label, "ours")
                against = {
                    key: statistics.median(their[key] / our[key] for our, their in zip(rounds[mine], rounds[label], strict=True))
                    for key in ("cpu_s", "wall_s")
                }  # fmt: skip
                rows.append(
                    (
                        title, label, f"{each['wall_s']:.2f}", f"{each['cpu_s']:.2f}", f"{each['peak_mb']:.0f}", mine if label != mine else "",
                        f"{against['cpu_s']:.2f}", f"{against['wall_s']:.2f}",
                    )
                )  # fmt: skip
    columns = ("image", "by", "wall s", "CPU s", "peak MB", "against", "CPU, that = 1", "wall, that = 1")
    show("images, all renditions", columns, rows, raw)
    if options.json:
        options.json.write_text(json.dumps(raw))


if __name__ == "__main__":
    main()
