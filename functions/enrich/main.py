"""Enrichment, as five services of one folder; each is a target of its own, so that only what needs a GPU waits for one.

| target   | steps         | plans on                                        | does                                            |
| -------- | ------------- | ----------------------------------------------- | ----------------------------------------------- |
| `main`   | speech        | `acervo.asset.ingested.v1`, `acervo.asset.changed.v1` of the clock | parts of a recording → transcript, captions     |
| `frames` | frames        | the same                                        | parts of a film, a picture → frames, shots      |
| `vision` | objects, pictures | `acervo.enrichment.completed.v1` of `frames`; `acervo.asset.ingested.v1` said again, when it failed | frames → objects, from–to; vectors of pictures |
| `ocr`    | ocr           | the same                                        | frames → text in the picture, from–to           |
| `embed`  | embed, names, speakers | `acervo.asset.ingested.v1`, `acervo.asset.changed.v1`, `acervo.enrichment.completed.v1` of `speech` | passages → vectors, names; parts of a recording → who speaks when |

All hear `acervo.enrichment.requested.v1` (one chunk) of their own steps: the attribute `step` of both enrichment events is what their
triggers filter by. All say `acervo.enrichment.requested.v1` a chunk, then `acervo.enrichment.completed.v1` once; `embed` says it of `captions` too,
which are no step: their files are others, since a person corrected a line or a voice begins elsewhere. Why twice is safe: `step.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from acervo import function
from functions.enrich import step
from functions.enrich.embed_step import Embed
from functions.enrich.frames_step import Frames
from functions.enrich.names_step import Names
from functions.enrich.objects_step import Objects
from functions.enrich.ocr_step import Ocr
from functions.enrich.pictures_step import Pictures
from functions.enrich.settings import EmbedSettings, FramesSettings, OcrSettings, Settings, VisionSettings
from functions.enrich.speakers_step import Speakers
from functions.enrich.speech_step import Speech
from functions.enrich.step import COMPLETED, REQUESTED, Step

if TYPE_CHECKING:
    from acervo.events import Event
    from acervo.function import Call

INGESTED, CHANGED = "acervo.asset.ingested.v1", "acervo.asset.changed.v1"
STEPS: dict[str, Step] = {
    one.name: one for one in (Speech(), Frames(), Objects(), Ocr(), Embed(), Names(), Speakers(), Pictures())
}


def handler(*names: str) -> Callable[[Event, Call], None]:
    """What a service does that has these steps."""
    own: Sequence[Step] = [STEPS[name] for name in names]

    def handle(event: Event, call: Call) -> None:
        if event.type != REQUESTED:
            step.plan(own, event, call)
        elif event.data["step"] in names:
            step.do_chunk(STEPS[event.data["step"]], call, event.data)

    return handle


handle = handler("speech")
app = function.serve(handle, name="enrich", hears={INGESTED, CHANGED, REQUESTED}, settings=Settings)
main = function.target(app)

frames_app = function.serve(
    handler("frames"), name="enrich-frames", hears={INGESTED, CHANGED, REQUESTED}, settings=FramesSettings
)
frames = function.target(frames_app)

vision_app = function.serve(
    handler("objects", "pictures"),
    name="enrich-vision",
    hears={INGESTED, COMPLETED, REQUESTED},
    settings=VisionSettings,
)
vision = function.target(vision_app)

ocr_app = function.serve(
    handler("ocr"), name="enrich-ocr", hears={INGESTED, COMPLETED, REQUESTED}, settings=OcrSettings
)
ocr = function.target(ocr_app)

embed_app = function.serve(
    handler("embed", "names", "speakers"),
    name="enrich-embed",
    hears={INGESTED, CHANGED, COMPLETED, REQUESTED},
    settings=EmbedSettings,
)
embed = function.target(embed_app)
