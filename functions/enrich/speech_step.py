"""Step `speech`: transcript, language and captions. Required for `ready` where there is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.enrich import completion, masters, parts, step, transcript
from functions.enrich.parts import Part
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.settings import Settings
    from functions.enrich.speech import Recogniser


class Speech:
    """A `Step`."""

    name, required = "speech", True

    def plan(self, on: Planning) -> Planned | None:
        from acervo.database import query

        if not on.facts.has_audio:
            return None
        chunks = [part.to_json() for part in parts.plan_parts(on.facts.duration_ms)]
        spec, of = masters.plan_spec(on)
        vocabulary = query.project_vocabulary(on.work.connection, project_id=on.asset["project_id"])
        return Planned(chunks, of, {**spec, "vocabulary": vocabulary})

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        """Hear one part."""
        chosen: Settings = call.settings
        recogniser = _recogniser(chosen, step.model_of(lease, chosen.model), lease.job_spec.get("vocabulary"))
        return _hear(call, lease, recogniser), recogniser.label

    def complete(self, done: Completion) -> Outcome:
        segments = completion.joined(done.results)
        language = transcript.spoken_language(segments)
        shown = completion.put_transcript(done.work, str(done.asset["id"]), segments, done.model)
        completion.put_language_and_captions(done.call, done.work, done.asset, shown, language)
        return Outcome(len(shown), language)


def _recogniser(chosen: Settings, name: str, vocabulary: str | None) -> Recogniser:
    """Before any decoding: a missing model is an error even for a silent recording."""
    from functions.enrich import whisper

    how = whisper.Chosen(chosen.device, chosen.compute, chosen.threads, chosen.beam, chosen.languages)
    loaded = whisper.load(name, chosen.models_dir, how)
    return loaded.listening_for(vocabulary) if vocabulary else loaded


def _hear(call: Call, lease: Lease, recogniser: Recogniser) -> dict[str, Any]:
    from functions.enrich import speech, whisper

    master = masters.source(call, lease)
    watch = speech.Watch(lease.report, lease.check, lease.cancelled)
    heard = speech.transcribe_part(master, Part.from_json(lease.spec), recogniser, whisper.Silero(), watch)
    return heard.to_json()
