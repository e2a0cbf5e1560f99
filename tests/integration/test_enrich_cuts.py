"""One recording cut at every second, as parts of a long one are: wherever the cut is asked for, what both sides heard joins to the whole. Real model, real voice."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.enrich import join, parts, speech, whisper
from functions.enrich.parts import Cut
from functions.enrich.pcm import Recording
from functions.enrich.transcript import Segment
from tests.fix_speech import Speech
from tests.integration.test_enrich_speech import distance, plain_words

pytestmark = pytest.mark.slow
SAME_PLACE_MS = 60  # cuts in one silence: the voice detector begins elsewhere in the recording


@dataclass
class Ear:
    """The model, asked once for each stretch."""

    model: whisper.Whisper
    sound: Recording
    known: dict[tuple[int, int | None], list[Segment]] = field(default_factory=dict)

    def hear(self, from_ms: int, until_ms: int | None) -> list[Segment]:
        key = (from_ms, until_ms)
        if key not in self.known:
            said = self.model.recognise(self.sound.between(from_ms, until_ms).read(), "es")
            self.known[key] = [speech.shift(segment, from_ms) for segment in said]
        return self.known[key]

    def hear_cut(self, cut: Cut) -> list[Segment]:
        """As two parts do it, each over a hard cut's margin, each keeping its own."""
        first = join.keep_own(self.hear(0, cut.at_ms + cut.margin_ms), 0, cut.at_ms)
        last = join.keep_own(self.hear(max(0, cut.at_ms - cut.margin_ms), None), cut.at_ms, None)
        return join.join([first, last])


def cut_near(sound: Recording, second: int) -> Cut:
    return speech._cut(
        whisper.Silero(), sound.between(parts.window(second * 1000)[0]), second * 1000
    )  # fmt: skip


def test_a_recording_that_is_cut_at_any_second_joins_to_what_the_whole_says(
    spanish_speech: Speech, models_dir: Path, tmp_path: Path
) -> None:
    with wave.open(str(spanish_speech.path)) as given:
        (tmp_path / "sound.pcm").write_bytes(given.readframes(given.getnframes()))
    sound = Recording.open(tmp_path / "sound.pcm")
    chosen = whisper.Chosen(threads=2, beam=1, languages=("es", "en", "pt"))
    ear = Ear(whisper.load("whisper-base", models_dir, chosen), sound)
    whole = ear.hear(0, None)
    said = plain_words(" ".join(segment.text for segment in whole))
    assert len(said) > 60
    cuts = [cut_near(sound, second) for second in range(1, sound.duration_ms // 1000)]
    places: list[Cut] = []
    for cut in cuts:
        assert 0 < cut.at_ms < sound.duration_ms
        if all(
            abs(cut.at_ms - place.at_ms) > SAME_PLACE_MS or cut.clean is not place.clean for place in places
        ):
            places.append(cut)
    assert len(places) <= 6, "every second leads to one of a few pauses"
    assert {place.clean for place in places} == {True, False}, "one of them in no pause at all"
    for place in places:
        joined = ear.hear_cut(place)
        words = plain_words(" ".join(segment.text for segment in joined))
        assert abs(len(words) - len(said)) <= 1, (place, words)
        assert distance(words, said) <= 4, (place, words)
        around = [
            [
                word.text
                for segment in line
                for word in segment.words
                if abs(word.middle_ms - place.at_ms) < 2_000
            ]
            for line in (whole, joined)
        ]
        before, after = (plain_words(" ".join(each)) for each in around)
        assert abs(len(after) - len(before)) <= 1, (place, around)
        assert distance(after, before) <= 2, "as a word is spelt, or times move one over the border"
        times = [at for segment in joined for word in segment.words for at in (word.start_ms, word.end_ms)]
        assert times == sorted(times)
