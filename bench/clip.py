"""A 10 s clip out of a long master, held against `ffmpeg -ss … -t 10` over the same URL: bytes read, and time until the file is there.

    ./task bench clip [--minutes 60] [--rounds 3] [--json figures.json]

The master is H.264 of few pixels and many bits a second (so that it is made quickly and is large), index at its end as cameras write it.
Ours cuts frame-exactly: packets copied, borders encoded. ffmpeg once copies (begins on a key frame: not frame-exact) and once encodes
(frame-exact). Needs `ffmpeg` (Debian: apt-get install ffmpeg); without it only ours is shown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from acervo import sandbox
from bench.figures import show
from bench.transcode import LIMITS, busy
from tests.fix_media import Shelf, serving
from tests.media import make

CLIP_S = 10


def master(folder: Path, minutes: int) -> Path:
    """Ten seconds, again and again: packets of one short film, so that an hour is written in seconds."""
    options = {"preset": "ultrafast", "crf": "4", "x264-params": "keyint=50:scenecut=0"}
    short = make.film(folder, "short.mp4", 250, size=(640, 360), gop=50, options=options, draw=busy)
    path = folder / "long.mp4"
    with av.open(str(short)) as source, av.open(str(path), "w") as out:
        taken: Any = source.streams.video[0]
        written = out.add_stream_from_template(taken)
        packets = [packet for packet in source.demux(taken) if packet.pts is not None]
        data = [(bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in packets]
        length = round(CLIP_S / taken.time_base)
        for number in range(minutes * 60 // CLIP_S):
            for payload, pts, dts, key in data:
                packet = av.Packet(payload)
                packet.stream, packet.time_base = written, Fraction(taken.time_base)
                packet.pts, packet.dts, packet.is_keyframe = pts + number * length, dts + number * length, key
                out.mux(packet)
    return path


def ours(shelf: Shelf, path: Path, folder: Path, start_s: float) -> dict[str, Any]:
    folder.mkdir()
    before, begun = shelf.served_bytes, time.monotonic()
    clip = [round(start_s * 1000), round((start_s + CLIP_S) * 1000)]
    arguments = {
        "source": shelf.source(path),
        "clip": clip,
        "directory": str(folder),
        "preset": "veryfast",
        "threads": 2,
    }
    found = sandbox.run("functions.transcode.cut:cut_clip", arguments, **LIMITS)
    return {
        "s": time.monotonic() - begun,
        "bytes": shelf.served_bytes - before,
        "frames": found["detail"]["frames"],
    }


def theirs(
    ffmpeg: str, shelf: Shelf, path: Path, folder: Path, start_s: float, codec: list[str]
) -> dict[str, Any]:
    folder.mkdir()
    url, out = shelf.source(path)["url"], folder / "clip.mp4"
    before, begun = shelf.served_bytes, time.monotonic()
    command = [
        ffmpeg,
        "-v",
        "error",
        "-y",
        "-ss",
        str(start_s),
        "-i",
        url,
        "-t",
        str(CLIP_S),
        *codec,
        str(out),
    ]
    subprocess.run(command, check=True, timeout=600)
    taken = time.monotonic() - begun
    with av.open(str(out)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    return {"s": taken, "bytes": shelf.served_bytes - before, "frames": frames}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        print("ffmpeg is missing (Debian: apt-get install ffmpeg): only ours is shown")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, serving(Path(name) / "shelf") as shelf:
        folder = Path(name)
        path = master(folder, options.minutes)
        start_s = options.minutes * 60 * 0.6 + 1.32
        rounds: dict[str, list[dict[str, Any]]] = {}
        for number in range(options.rounds):
            rounds.setdefault("ours: smart cut", []).append(ours(shelf, path, folder / f"o{number}", start_s))
            if ffmpeg:
                copied, encoded = ["-c", "copy"], ["-c:v", "libx264", "-preset", "veryfast", "-crf", "15"]
                for side, codec in (("ffmpeg, copying", copied), ("ffmpeg, encoding", encoded)):
                    at = folder / f"{side.split()[1]}{number}"
                    rounds.setdefault(side, []).append(theirs(ffmpeg, shelf, path, at, start_s, codec))
        size = path.stat().st_size
    rows = [
        (side, f"{statistics.median(r['s'] for r in found):.2f}", f"{found[0]['bytes'] / 1e6:.1f}", f"{found[0]['bytes'] / size:.2%}", found[0]["frames"])
        for side, found in rounds.items()
    ]  # fmt: skip
    show(f"{CLIP_S} s of {options.minutes} min ({size / 1e6:.0f} MB)", ("by", "s until it is there", "MB read", "of the file", "frames (250)"), rows, rounds)  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(rounds))


if __name__ == "__main__":
    main()
