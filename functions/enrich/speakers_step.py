"""Step `speakers`: who speaks when. Only where a model is configured (`ENRICH_VOICE_MODEL`).

It hears the sound itself, not the transcript: the two steps run side by side, and whoever is done last puts voices and lines together under the
lock on the asset's row. So voices stay when the transcript is made again, and a new voice model leaves the words alone.
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.enrich import completion, masters, parts, step
from functions.enrich.parts import Part
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.part_voices import Voices, Window
    from functions.enrich.pcm import Recording
    from functions.enrich.settings import EmbedSettings
    from functions.enrich.speech import VoiceDetector
    from functions.enrich.voice_encoder import VoiceEncoder

log = logging.getLogger(__name__)
BATCH = 16  # windows between two looks at the lease


class Speakers:
    """A `Step`."""

    name, required = "speakers", False

    def plan(self, on: Planning) -> Planned | None:
        wanted = on.model or on.call.settings.voice_model
        if not wanted or not on.facts.has_audio:
            return None
        chunks = [part.to_json() for part in parts.plan_parts(on.facts.duration_ms)]
        spec, of = masters.plan_spec(on)
        return Planned(chunks, f"{of} {wanted}", spec)

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        """Tell apart who speaks in one part."""
        from functions.enrich import sound, voice_onnx, whisper

        chosen: EmbedSettings = call.settings
        encoder = voice_onnx.load(
            step.model_of(lease, chosen.voice_model), chosen.models_dir, chosen.device, chosen.threads
        )
        part = Part.from_json(lease.spec)
        with tempfile.TemporaryDirectory(prefix="speakers-") as scratch:
            recording = sound.decode(call, lease, part, Path(scratch))
            heard = hear(recording, part.start_ms, encoder, whisper.Silero(), lease)
        return heard.to_json(encoder.label), encoder.label

    def complete(self, done: Completion) -> Outcome:
        from functions.enrich import part_voices

        results = [row["result"] for row in done.results]
        (model, count), *_ = Counter(one["model"] for one in results).most_common(1)
        if count < len(
            results
        ):  # another one was rolled out in the middle: vectors of two models cannot be compared
            log.warning(
                "%d parts of %s were heard with another model than %s",
                len(results) - count,
                done.job_id,
                model,
            )
        found = part_voices.join(
            [part_voices.Voices.from_json(one) for one in results if one["model"] == model]
        )
        named = completion.put_turns(done.work, str(done.asset["id"]), found, model)
        completion.put_voices(done.call, done.work, done.asset, named)
        return Outcome(len(named))


def hear(
    recording: Recording, start_ms: int, encoder: VoiceEncoder, detector: VoiceDetector, lease: Lease
) -> Voices:
    """The voices of a part that begins at `start_ms`, block by block: memory does not grow with its length."""
    from functions.enrich import part_voices

    pieces = []
    for first_ms in range(0, recording.duration_ms, parts.PART_MS):
        piece = recording.between(first_ms, first_ms + parts.PART_MS)
        pieces.append(_hear_piece(piece, start_ms + first_ms, encoder, detector, lease))
        lease.report((first_ms + piece.duration_ms) / recording.duration_ms)
    return part_voices.together(pieces)


def _hear_piece(
    piece: Recording, start_ms: int, encoder: VoiceEncoder, detector: VoiceDetector, lease: Lease
) -> Voices:
    import numpy as np

    from functions.enrich import part_voices
    from functions.enrich.pcm import as_float, sample

    windows, rows = [], []
    for at_ms in range(0, piece.duration_ms, parts.BLOCK_MS):
        lease.check()
        heard = piece.between(at_ms, at_ms + parts.BLOCK_MS).read()
        samples, speech = as_float(heard), detector.speech(heard)
        for batch in _batches(part_voices.plan_windows(speech)):
            lease.check()
            stretches = [samples[sample(w.start_ms) : sample(w.end_ms)] for w in batch]
            length = min(len(one) for one in stretches)  # the last sample may be missing
            rows.append(encoder.voices(np.stack([one[:length] for one in stretches])))
            windows += [window.moved(start_ms + at_ms) for window in batch]
    vectors = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
    return part_voices.tell_apart(windows, vectors)


def _batches(windows: list[Window]) -> Iterator[list[Window]]:
    """Windows of one length, in order of time."""
    batch: list[Window] = []
    for window in windows:
        if batch and (len(batch) == BATCH or window.length_ms != batch[0].length_ms):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
