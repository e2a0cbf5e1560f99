"""An image's four renditions by one decode, held against `vipsthumbnail` run for each size and against sharp doing the same.

    ./task bench images [--rounds 3] [--json figures.json]

A 24 MP JPEG (grainy, and one with little grain) and a 100 MP TIFF of our own making. Each side is a process of its own: CPU seconds (user
and system), wall and peak memory, start-up included; medians of the rounds. Debian's vipsthumbnail has no MozJPEG, whose search for better
coefficients is half of our time. So there are two comparisons with the same encoder settings on both sides: ours with a plain JPEG against
vipsthumbnail, and ours against the same libvips with the same MozJPEG settings in a process for each size. Goals: at least 2 × faster than a
process for each size, not slower than sharp, at most 150 MB for the JPEG and 200 MB for the TIFF. A peer that is missing is said and left out: vipsthumbnail (Debian: apt-get install libvips-tools), sharp
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
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from bench.figures import show
from functions.transcode.profiles import DISPLAY, MOZJPEG, THUMBS, WEBP
from tests.fix_media import serving

OURS = """
import json, sys
from functions.transcode.images import make_renditions
make_renditions({"source": json.loads(sys.argv[1]), "directory": sys.argv[2]}, lambda said: None)
"""
PLAIN = (
    "from functions.transcode import stills; stills.MOZJPEG = {'optimize_coding': True, 'interlace': True}"
    + OURS
)
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


def measure(commands: list[list[str]]) -> dict[str, float]:
    """Wall, CPU and the largest peak of these processes, one after the other."""
    start, cpu, peak = time.monotonic(), 0.0, 0
    for command in commands:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while True:
            peak = max(peak, high_water(child.pid))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(LOOK_S)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{command[0]} failed with {child.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
    return {"wall_s": time.monotonic() - start, "cpu_s": cpu, "peak_mb": peak / 1000}


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


def sides(path: Path, source: dict[str, Any], folder: Path, sharp: Path | None) -> dict[str, list[list[str]]]:
    stills = [
        {"profile": t.profile, "width": t.width, "height": t.height, "quality": t.quality} for t in THUMBS
    ]
    display = {"width": DISPLAY.width, "height": DISPLAY.height, "quality": DISPLAY.quality}
    found = {"ours": [[sys.executable, "-c", OURS, json.dumps(source), str(folder)]]}
    found[OURS_PLAIN] = [[sys.executable, "-c", PLAIN, json.dumps(source), str(folder)]]
    single = [sys.executable, "-c", ONE_SIZE, str(path)]
    found["same libvips, a process a size"] = [
        [*single, f"{folder}/s-{t.profile}.webp", str(t.width), json.dumps({"Q": t.quality, **WEBP})] for t in THUMBS
    ] + [[*single, f"{folder}/s-display.jpg", str(DISPLAY.width), json.dumps({"Q": DISPLAY.quality, **MOZJPEG})]]  # fmt: skip
    if vipsthumbnail := shutil.which("vipsthumbnail"):
        found["vipsthumbnail"] = [
            [vipsthumbnail, str(path), "--size", f"{t.width}x{t.height}>", "-o", f"{folder}/v-{t.profile}.webp[Q={t.quality},effort=4]"] for t in THUMBS
        ] + [[vipsthumbnail, str(path), "--size", f"{DISPLAY.width}x{DISPLAY.height}>", "-o", f"{folder}/v-display.jpg[Q={DISPLAY.quality},optimize_coding,interlace]"]]  # fmt: skip
    else:
        print("vipsthumbnail is missing: apt-get install libvips-tools")
    node = shutil.which("node")
    if node and sharp and (sharp / "node_modules/sharp").is_dir():
        found["sharp"] = [[node, "-e", SHARP, str(sharp), str(path), str(folder), json.dumps(stills), json.dumps(display)]]  # fmt: skip
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
    with tempfile.TemporaryDirectory(prefix="bench-") as name, serving(Path(name) / "shelf") as shelf:
        folder = Path(name)
        for title, path in masters(folder).items():
            known = sides(path, shelf.source(path), folder, options.sharp)
            rounds: dict[str, list[dict[str, float]]] = {side: [] for side in known}
            for _ in range(options.rounds):
                for side, commands in known.items():
                    rounds[side].append(measure(commands))
            raw[title] = rounds
            middle = {
                side: {key: float(np.median([each[key] for each in found])) for key in ("wall_s", "cpu_s", "peak_mb")}
                for side, found in rounds.items()
            }  # fmt: skip
            for side, each in middle.items():
                mine = PEERS.get(side, "ours")
                against = {
                    key: statistics.median(their[key] / our[key] for our, their in zip(rounds[mine], rounds[side], strict=True))
                    for key in ("cpu_s", "wall_s")
                }  # fmt: skip
                rows.append(
                    (
                        title, side, f"{each['wall_s']:.2f}", f"{each['cpu_s']:.2f}", f"{each['peak_mb']:.0f}", mine if side != mine else "",
                        f"{against['cpu_s']:.2f}", f"{against['wall_s']:.2f}",
                    )
                )  # fmt: skip
    columns = ("image", "by", "wall s", "CPU s", "peak MB", "against", "CPU, that = 1", "wall, that = 1")
    show("images, all renditions", columns, rows, raw)
    if options.json:
        options.json.write_text(json.dumps(raw))


if __name__ == "__main__":
    main()
