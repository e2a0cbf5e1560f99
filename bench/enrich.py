"""Speech, vision, text and meaning, held against the libraries' own plain use: speed, errors, what frame selection saves and misses.

    ./task bench enrich [--only speech,frames,embed,cold] [--threads 1] [--json figures.json]

Speech: faster-whisper's own whole-file loop against our parts, each in a process of its own over the same recording (English read by a
synthesiser, so that its words are known; the human recordings at hand come without their texts). Serially our time is held to 1/0.95 of the
loop's, two parts at once on two cores to 1/1.6 of one after the other, the word error rate to half a point more than the loop's. How much faster
two plain loops at once are than one after the other says what the machine's cores are worth to each other.
Frames: what models find on all frames that are looked at (5 a second) against the chosen ones.
Wall times are of this machine as busy as it is: ratios of one run can be compared, seconds cannot.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MODELS = Path(os.environ.get("MODELS_DIR") or ROOT / ".cache" / "models")
SPEECH = ROOT / ".cache" / "speech"
SERIAL_GOAL, PARALLEL_GOAL, ERROR_GOAL = 0.95, 1.6, 0.5
TEXT = """The city council met on Monday morning to discuss the new railway station. The mayor said that work will begin in spring and
that the old square must be closed for two years. Several shop owners asked for help, because they fear that fewer people will come.
An engineer explained how the tunnel will be built under the river. It is eleven hundred metres long and has four exits for emergencies.
After the meeting, reporters talked with visitors in the park. One woman told them that her grandfather had worked on the first bridge.
The weather will change on Thursday. Strong wind is expected along the coast, with rain in the mountains and snow above two thousand metres.
Farmers hope for a wet winter after three dry years. In sport, the local team won its seventh game and is now second in the table.
The coach was happy with the young goalkeeper, who stopped a penalty just before the end. Finally, the museum opens a new exhibition of
photographs about fishing villages in the north, and the entrance is free for children until the last Sunday of October."""


# -- children: each measures itself, after its model is loaded ---------------------------------------------------------
def plain_loop(options: dict[str, Any]) -> dict[str, Any]:
    """What faster-whisper's documentation shows."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(MODELS / "whisper-base"), device="cpu", compute_type="int8", cpu_threads=options["threads"])  # fmt: skip
    start, spent = time.monotonic(), cpu_s()
    segments, _ = model.transcribe(
        options["path"], beam_size=options["beam"], word_timestamps=True, vad_filter=True
    )
    text = " ".join(segment.text for segment in segments)
    return {"s": time.monotonic() - start, "cpu_s": cpu_s() - spent, "text": text}


def our_part(options: dict[str, Any]) -> dict[str, Any]:
    from functions.enrich import speech, whisper
    from functions.enrich.parts import Part

    model = whisper.load(
        "whisper-base",
        MODELS,
        whisper.Chosen(threads=options["threads"], beam=options["beam"], languages=("es", "en", "pt")),
    )
    watch = speech.Watch(lambda _: None, lambda: None, lambda: False)
    master = {"url": options["url"], "size": options["size"], "etag": None}
    start, spent = time.monotonic(), cpu_s()
    heard = speech.transcribe_part(master, Part(*options["part"]), model, whisper.Silero(), watch)
    text = " ".join(segment.text for segment in heard.segments)
    return {"s": time.monotonic() - start, "cpu_s": cpu_s() - spent, "text": text}


def cpu_s() -> float:
    """Of this process and of the decoders that it waited for: what a busy machine does not change much."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def first_result(options: dict[str, Any]) -> dict[str, Any]:
    """From the start of this process to the first result of an adapter."""
    import numpy as np

    from functions.enrich import detector, e5, rapid, whisper

    grey = np.full((360, 640, 3), 127, np.uint8)
    does: dict[str, Callable[[], Any]] = {
        "speech": lambda: list(
            whisper.load("whisper-base", MODELS, whisper.Chosen(threads=1, beam=1)).recognise(np.zeros(16_000, np.int16))
        ),
        "vision": lambda: detector.load("onnx", "yolo11n", MODELS, "cpu", 1).detect(grey),
        "ocr": lambda: rapid.load("pp-ocr-small", MODELS, "cpu", 1).read(grey),
        "embed": lambda: e5.load("multilingual-e5-small", MODELS, 1).passages(["una frase"]),
    }  # fmt: skip
    does[options["of"]]()
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return {"rss_mib": int(peak[1]) / 1024 if peak else 0.0}


CHILDREN = {"plain_loop": plain_loop, "our_part": our_part, "first_result": first_result}


def start(name: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.enrich", "--child", name, json.dumps(options)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": str(options.get("threads", 1))},
    )  # fmt: skip


def result(child: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = child.communicate(timeout=1800)
    if child.returncode:
        raise SystemExit(f"a measurement failed ({child.returncode})")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


# -- speech -----------------------------------------------------------------------------------------------------------
def speech_figures(shelf: Any, options: argparse.Namespace) -> dict[str, Any]:
    from demo import speech

    path = SPEECH / "english.wav"
    if not path.exists():
        SPEECH.mkdir(parents=True, exist_ok=True)
        speech.read_english(" ".join(TEXT.split()), path, SPEECH)
    source = shelf.source(path)
    length_ms = round(wav_seconds(path) * 1000)
    how = {"threads": options.threads, "beam": options.beam}
    ours = {"url": source["url"], "size": source["size_bytes"], **how}
    rounds = []
    for _ in range(options.rounds):
        loop = result(start("plain_loop", path=str(path), **how))
        whole = result(start("our_part", part=[0, None], **ours))
        halves = [[0, length_ms // 2], [length_ms // 2, None]]
        alone = [result(start("our_part", part=part, **ours)) for part in halves]
        children = [start("our_part", part=part, **ours) for part in halves]
        together = [result(child) for child in children]
        pair = [start("plain_loop", path=str(path), **how) for _ in range(2)]
        twice = [result(child) for child in pair]
        rounds.append((loop, whole, alone, together, twice))
    loop_s, whole_s = median(r[0]["s"] for r in rounds), median(r[1]["s"] for r in rounds)
    alone_s = median(sum(p["s"] for p in r[2]) for r in rounds)
    together_s = median(max(p["s"] for p in r[3]) for r in rounds)
    twice_s = median(max(p["s"] for p in r[4]) for r in rounds)
    loop, whole, alone, _, _ = rounds[0]  # decoding is the same every time
    return {
        "recording_s": length_ms / 1000, "loop_s": loop_s, "ours_s": whole_s, "serial_ratio": loop_s / whole_s,
        "serial_cpu_ratio": median(r[0]["cpu_s"] for r in rounds) / median(r[1]["cpu_s"] for r in rounds),
        "halves_one_after_the_other_s": alone_s, "halves_at_once_s": together_s, "parallel_ratio": alone_s / together_s,
        "two_plain_loops_at_once_ratio": 2 * loop_s / twice_s,
        "loop_wer": error_rate(TEXT, loop["text"]), "ours_wer": error_rate(TEXT, whole["text"]),
        "two_parts_wer": error_rate(TEXT, " ".join(part["text"] for part in alone)),
    }  # fmt: skip


def wav_seconds(path: Path) -> float:
    import wave

    with wave.open(str(path)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def error_rate(said: str, heard: str) -> float:
    """Words to change, add or drop, in per cent of those that were said; numbers as words and as digits are alike."""
    a, b = words(said), words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        row, above = [i], row
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other)))
    return 100 * row[-1] / len(a)


_NUMBERS = {"1100": "eleven hundred", "2000": "two thousand", "2": "two", "3": "three", "4": "four", "7th": "seventh", "2nd": "second"}  # fmt: skip


def words(text: str) -> list[str]:
    plain = re.findall(r"[a-z0-9']+", text.casefold().replace(",", ""))
    return " ".join(_NUMBERS.get(word, word) for word in plain).replace("meters", "metres").split()


def median(values: Any) -> float:
    return float(statistics.median(values))


# -- frames -----------------------------------------------------------------------------------------------------------
def frame_figures(shelf: Any, options: argparse.Namespace) -> dict[str, Any]:
    import av
    import cv2

    from acervo import sandbox
    from functions.enrich import detector, inscriptions, rapid
    from tests.fix_media import clip

    path = clip("bikes.mp4")
    source = shelf.source(path)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        found = sandbox.run(
            "functions.enrich.film_frames:choose",
            {
                "url": source["url"], "size": source["size_bytes"], "etag": None, "start_ms": 0, "end_ms": None,
                "directory": folder, "most_frames": 300, "most_shots": 300, "threads": options.threads,
            },
            memory_bytes=4 << 30, cpu_s=600, wall_s=600,
        )  # fmt: skip
        choosing_s = time.monotonic() - begun
        chosen: list[tuple[int, Any]] = []
        for frame in found["frames"]:
            picture: Any = cv2.imread(str(Path(folder) / frame["file"]))
            chosen.append((frame["at_ms"], picture[..., ::-1]))
    looked: list[tuple[int, Any]] = []
    with av.open(str(path)) as film:
        for decoded in film.decode(video=0):
            at_ms = round((decoded.time or 0) * 1000)
            if not looked or at_ms - looked[-1][0] >= 200:
                looked.append((at_ms, decoded.to_ndarray(format="rgb24")))
    vision = detector.load("onnx", "yolo11n", MODELS, "cpu", options.threads)
    reader = rapid.load("pp-ocr-small", MODELS, "cpu", options.threads)
    vision.detect(looked[0][1])
    reader.read(looked[0][1])

    def labels(frames: list[tuple[int, Any]]) -> tuple[float, set[Any]]:
        begun = time.monotonic()
        seen = {
            (f.label, at_ms // 2000)
            for at_ms, pixels in frames
            for f in vision.detect(pixels)
            if f.score >= 0.5
        }
        return time.monotonic() - begun, seen

    def texts(frames: list[tuple[int, Any]]) -> tuple[float, set[Any]]:
        begun = time.monotonic()
        seen = {
            inscriptions.letters(line.text)
            for _, pixels in frames for line in reader.read(pixels) if line.score >= 0.8 and len(line.text) > 2
        }  # fmt: skip
        return time.monotonic() - begun, seen

    all_s, all_labels = labels(looked)
    few_s, few_labels = labels(chosen)
    read_all_s, all_texts = texts(looked[:: max(1, len(looked) // 25)])
    read_few_s, few_texts = texts(chosen)
    length_s = looked[-1][0] / 1000
    return {
        "film_s": length_s, "looked_at": len(looked), "chosen": len(chosen), "choosing_s": choosing_s,
        "vision_fps": len(looked) / all_s, "vision_film_seconds_a_second": {"all": length_s / all_s, "chosen": length_s / (few_s + choosing_s)},
        "vision_missed": sorted({label for label, _ in all_labels} - {label for label, _ in few_labels}),
        "vision_moments_found": len(few_labels & all_labels) / max(1, len(all_labels)),
        "ocr_s_a_frame": read_few_s / max(1, len(chosen)), "ocr_all_s": read_all_s, "ocr_chosen_s": read_few_s,
        "ocr_missed": sorted(all_texts - few_texts),
    }  # fmt: skip


# -- meaning and cold starts ------------------------------------------------------------------------------------------
def embed_figures(options: argparse.Namespace) -> dict[str, Any]:
    from functions.enrich import e5

    model = e5.load("multilingual-e5-small", MODELS, options.threads)
    sentences = [sentence.strip() for sentence in " ".join(TEXT.split()).split(".") if sentence.strip()] * 4
    model.passages(sentences[:2])
    begun = time.monotonic()
    for first in range(0, len(sentences), 16):
        model.passages(sentences[first : first + 16])
    batched_s = time.monotonic() - begun
    begun = time.monotonic()
    for sentence in sentences:
        model.questions([sentence])
    return {
        "sentences": len(sentences), "batches_of_16_a_second": len(sentences) / batched_s,
        "one_by_one_a_second": len(sentences) / (time.monotonic() - begun),
    }  # fmt: skip


def cold_figures() -> dict[str, Any]:
    found = {}
    for name in ("speech", "vision", "ocr", "embed"):
        begun = time.monotonic()
        told = result(start("first_result", of=name))
        found[name] = {"s": time.monotonic() - begun, **told}
    return found


def serve_files(directory: Path) -> tuple[Any, ThreadingHTTPServer]:
    from tests.fix_media import Shelf, _handler

    shelf = Shelf(directory)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shelf))
    shelf.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return shelf, server


def main() -> None:
    """Print the figures; exit 1 when a goal is missed."""
    if sys.argv[1:2] == ["--child"]:
        sys.stdout.write(json.dumps(CHILDREN[sys.argv[2]](json.loads(sys.argv[3]))) + "\n")
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="speech,frames,embed,cold", help="split at commas")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wanted, figures = options.only.split(","), {}
    with tempfile.TemporaryDirectory() as folder:
        shelf, server = serve_files(Path(folder))
        if "speech" in wanted:
            figures["speech"] = speech_figures(shelf, options)
        if "frames" in wanted:
            figures["frames"] = frame_figures(shelf, options)
        server.shutdown()
    if "embed" in wanted:
        figures["embed"] = embed_figures(options)
    if "cold" in wanted:
        figures["cold"] = cold_figures()
    print(json.dumps(figures, indent=1, default=float))
    if options.json:
        options.json.write_text(json.dumps({"cores": os.cpu_count(), "threads": options.threads, **figures}, indent=1))  # fmt: skip
    sys.exit(0 if goals_met(figures.get("speech")) else 1)


def goals_met(speech: dict[str, Any] | None) -> bool:
    if speech is None:
        return True
    met = {
        f"serially at least {SERIAL_GOAL} × the loop's speed": speech["serial_ratio"] >= SERIAL_GOAL,
        f"two parts at once at least {PARALLEL_GOAL} × as fast": speech["parallel_ratio"] >= PARALLEL_GOAL,
        f"at most {ERROR_GOAL} points more errors": max(speech["ours_wer"], speech["two_parts_wer"])
        <= speech["loop_wer"] + ERROR_GOAL,
    }
    for goal, reached in met.items():
        print(f"{'met   ' if reached else 'MISSED'} {goal}")
    return all(met.values())


if __name__ == "__main__":
    main()
