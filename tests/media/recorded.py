"""A recording through the pure parts and the sandbox entries, without events and without an object store: what the tests look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from functions.transcode import plan, recording_files, recording_index, recording_parts
from functions.transcode.heard import join_heard
from functions.transcode.profiles import BROADCAST, PCM_FILE, PREVIEW, RECORDING_RANGE_S
from functions.transcode.recording import Recording, parse_recording
from tests.media.pipeline import quiet, reader

WRITTEN = {PREVIEW.profile: PREVIEW.file, BROADCAST.profile: PCM_FILE}


def look(source: dict[str, Any], clip: tuple[int, int] | None = None) -> Recording:
    arguments = {"source": source, "clip": list(clip) if clip else None}
    return parse_recording(recording_index.index_recording(arguments, quiet)["recording"])


def record(
    source: dict[str, Any],
    folder: Path,
    range_s: float = RECORDING_RANGE_S,
    clip: tuple[int, int] | None = None,
    level: bool = True,
) -> dict[str, Any]:
    """`preview.mp3`, `broadcast.wav` and `waveform.json` in `folder`, and what an editor is told. `level` False: as loud as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    recording = look(source, clip)
    shared: dict[str, Any] = {"source": source, "recording": recording.to_json(), "directory": str(folder)}
    spans = [(0, None)] if recording.entire else plan.sound_ranges(recording.duration_s, range_s)
    if not level:
        shared["heard"] = [{"blocks": {}, "peak": 0.0}]
    elif len(spans) > 1:
        heard = [
            recording_parts.listen_part({**shared, "first": a, "until": b}, quiet)["heard"] for a, b in spans
        ]
        shared["heard"] = [join_heard(each).to_json() for each in zip(*heard, strict=True)]
    parts = []
    for number, (first, until) in enumerate(spans):
        part = {**shared, "number": number, "first": first, "until": until}
        parts.append(recording_parts.encode_part(part, quiet))
        for profile, piece in parts[-1]["pieces"].items():
            target = folder / piece["name"]
            target.parent.mkdir(exist_ok=True)
            (folder / WRITTEN[profile]).rename(target)
    channels, duration_s = {}, 0.0
    for sound in (PREVIEW, BROADCAST):
        pieces = [part["pieces"][sound.profile] for part in parts]
        size, payloads = recording_files.join(
            sound.profile, pieces, lambda name: reader(folder / name, 1 << 20)
        )
        (folder / sound.file).write_bytes(b"".join(payloads))
        assert (folder / sound.file).stat().st_size == size
        channels[sound.profile] = pieces[0]["channels"]
        duration_s = duration_s or sum(piece["samples"] for piece in pieces) / sound.sample_rate
    waveform = recording_files.join_peaks(part["peaks"] for part in parts)
    (folder / "waveform.json").write_text(json.dumps(waveform))
    return {
        "duration_s": duration_s, "channels": channels, "loudness": parts[0]["loudness"], "soundtracks": parts[0]["soundtracks"],
        "parts": len(parts), "warnings": list(recording.warnings),
    }  # fmt: skip
