"""From an editor's correction to the captions of the stream that is playing: the API, enrichment and transcode over one PostgreSQL and Ceph."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
import yaml
from starlette.testclient import TestClient

from acervo import events, function
from acervo.database import query
from acervo.events import Event
from acervo.function import Call
from functions.enrich import main, step, transcript
from functions.enrich.settings import EmbedSettings
from functions.enrich.speech_step import Speech
from functions.enrich.step import Completion
from functions.enrich.transcript import Word, build_segment
from knative.local.broker.filters import matches
from knative.local.models import Filter
from tests.described import correct, lines_of
from tests.fix_api import TLS, Api
from tests.fix_enrichment import attributes_of
from tests.media import make
from tests.media.desk import Desk

pytestmark = pytest.mark.ceph
TRIGGERS = Path(__file__).parent.parent.parent / "eventing" / "triggers"


def hears(service: str, event: Event) -> bool:
    """Whether a trigger takes the event to the service."""
    for file in TRIGGERS.glob("*.yaml"):
        for trigger in yaml.safe_load_all(file.read_text()):
            if trigger["spec"]["subscriber"]["ref"]["name"] == service:
                filters = [Filter.model_validate(one) for one in trigger["spec"]["filters"]]
                if all(matches(one, attributes_of(event)) for one in filters):
                    return True
    return False


@pytest.fixture
def embed(desk: Desk) -> Iterator[TestClient]:
    app = function.serve(
        main.handler("embed", "names", "speakers"), name="enrich-embed", hears=main.embed_app.state.hears,
        settings=EmbedSettings, env={**desk.env, "MODELS_DIR": "nowhere"},
    )  # fmt: skip
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
    app.state.resources.objects.client.close()
    app.state.resources.database.close()


def end_of_speech(api: Api, asset_id: str, *lines: str) -> None:
    """The end of a run of the step `speech` that heard these lines, one a second."""
    said = [
        build_segment([Word(w, n * 1_000 + 100 * i, n * 1_000 + 100 * i + 90) for i, w in enumerate(line.split())], "es")
        for n, line in enumerate(lines)
    ]  # fmt: skip
    result = {"start_ms": 0, "end_ms": None, "segments": [transcript.to_json(one) for one in said]}
    call = Call(None, "enrich", api.app.state.resources)
    with call.change() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        rows = [{"number": 0, "spec": {}, "result": result}]
        outcome = Speech().complete(Completion(call, work, asset, str(uuid.uuid4()), rows, "whisper@1"))
        data = {"asset_id": asset_id, "project_id": asset["project_id"], "step": "speech", "language": outcome.language, "results": outcome.results}  # fmt: skip
        work.say(step.COMPLETED, asset_id, data, what=str(uuid.uuid4()), extensions={"step": "speech"})


def captions_of(client: httpx.Client, asset_id: str) -> str:
    """What a player shows: from the stream's address over its playlists to the WebVTT."""
    address = client.post(f"/assets/{asset_id}/streams").json()["url"]
    with httpx.Client(
        base_url=str(client.base_url).removesuffix("/api/v1/"), verify=TLS, timeout=30
    ) as player:
        main_list = player.get(address)
        (subtitles,) = re.findall(r'TYPE=SUBTITLES.*URI="([^"]+)"', main_list.text)
        listed = player.get(urljoin(str(main_list.url), subtitles))
        (webvtt,) = [line for line in listed.text.splitlines() if line and not line.startswith("#")]
        answer = player.get(webvtt)
        assert answer.headers["content-type"].startswith("text/vtt")
        return answer.text


def test_a_corrected_line_is_in_the_stream_before_its_vectors_are_and_stays_when_speech_runs_again(
    api: Api, desk: Desk, embed: TestClient, tmp_path: Path
) -> None:
    asset_id = desk.arrive(make.film(tmp_path, frames=75, sounds=({},)), "video", audio=True)
    project = api.sql("select project_id from assets where id = %s", asset_id)[0]["project_id"]
    api.sql("insert into project_members values (%s, 'group:noticias')", project)
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.renditions(asset_id)["hls"]["status"] == "ready"
    done: set[str] = set()

    def deliver(**services: Callable[[Event], int]) -> list[str]:
        """New events to these services; what each was, in order."""
        told = []
        for event in [e for e in desk.said(asset_id) if e.id not in done]:
            done.add(event.id)
            for name, post in services.items():
                if hears(name.replace("_", "-"), event):
                    assert post(event) == 202, event
                    told.append(f"{name}: {event.data.get('step', event.type)}")
        return told

    def to_embed(event: Event) -> int:
        headers, body = events.to_binary(event)
        return embed.post("/", headers=headers, content=body).status_code

    end_of_speech(api, asset_id, "el alcalde de Madriz", "habló del agua")
    deliver(transcode=desk.post)
    client = api.client("editora")
    assert "Madriz" in captions_of(client, asset_id)

    line = lines_of(client, asset_id)[0]
    assert correct(client, asset_id, line, text="el alcalde de Madrid").status_code == 200
    assert deliver(enrich_embed=to_embed, transcode=desk.post) == ["enrich_embed: acervo.asset.changed.v1"]
    # the run that embeds is planned and nobody does it: the captions do not wait for it
    assert deliver(transcode=desk.post) == ["transcode: captions"]
    assert desk.row("select state from jobs where kind = 'embed' and asset_id = %s", asset_id) == {
        "state": "queued"
    }
    shown = captions_of(client, asset_id)
    assert "el alcalde de Madrid" in " ".join(shown.split())
    assert "Madriz" not in shown

    end_of_speech(api, asset_id, "el alcalde de Madriz", "habló del agua y del pan")
    assert "transcode: speech" in deliver(transcode=desk.post)
    again = " ".join(captions_of(client, asset_id).split())
    assert "el alcalde de Madrid" in again
    assert "agua y del pan" in again
    assert "Madriz" not in again
