"""Transcripts through the API: lines, corrections that win over machines and over nobody else's, speakers, and that search follows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo import events, function
from functions.search import main as search_main
from tests.described import (
    CHANGED,
    audited,
    correct,
    lines_of,
    make,
    pages,
    run_again,
    said,
    say,
    tell_voices_apart,
)
from tests.fix_api import Api
from tests.fix_search import Newsroom


# -- transcript -------------------------------------------------------------------------------------------------------
def test_a_line_shows_the_machines_words_and_how_sure_it_is(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "uno dos", "tres", "cuatro")
    first = lines_of(client, asset_id)[0]
    assert (first["text"], first["confidence"], first["correction"], first["words"]) == (
        "uno dos",
        0.5,
        None,
        None,
    )
    assert [line["text"] for line in pages(client, f"/assets/{asset_id}/transcript", limit=2)] == ["uno dos", "tres", "cuatro"]  # fmt: skip
    assert [line["text"] for line in lines_of(client, asset_id, from_ms=9_000)] == ["tres", "cuatro"]
    assert [line["text"] for line in lines_of(client, asset_id, from_ms=13_999)] == ["tres", "cuatro"]
    assert lines_of(client, asset_id, from_ms=99_000) == []
    assert len(lines_of(client, asset_id, words=True)[0]["words"]) == 2


def test_a_corrected_line_is_shown_with_who_put_it_right_and_can_be_taken_back(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "el pebe equis", "otra cosa")
    line = lines_of(client, asset_id)[0]
    answer = correct(client, asset_id, line, text="el  PBX")
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["line"]["text"] == "el PBX"
    assert answer.headers["etag"] == f'"{changed["line"]["version"]}"'
    assert changed["asset_version"] == client.get(f"/assets/{asset_id}").json()["version"]
    shown = lines_of(client, asset_id)[0]
    assert (shown["version"], shown["confidence"]) == (changed["line"]["version"], None)
    assert {name: shown["correction"][name] for name in ("author", "machine_text")} == {"author": "user:editora", "machine_text": "el pebe equis"}  # fmt: skip
    assert [event["type"] for event in said(api, asset_id)] == [CHANGED]

    # by somebody else, again: one correction holds, and it knows what the machine had
    second = correct(api.client("archivista"), asset_id, shown, text="el PBX no").json()["correction"]
    assert second["machine_text"] == "el pebe equis"
    history = pages(client, f"/assets/{asset_id}/transcript/corrections", limit=1)
    assert [(one["author"], one["text"], one["ended_by"]) for one in history] == [
        ("user:archivista", "el PBX no", None),
        ("user:editora", "el PBX", "user:archivista"),
    ]
    held = client.get(f"/assets/{asset_id}/transcript/corrections", params={"holding": True}).json()["items"]
    assert [one["id"] for one in held] == [second["id"]]
    undo = f"/assets/{asset_id}/transcript/corrections/{{}}/undo"
    refused = client.post(undo.format(changed["correction"]["id"]))
    assert (refused.status_code, refused.json()["current"]["ended_by"]) == (409, "user:archivista")
    assert client.post(undo.format(second["id"])).json()["ended_by"] == "user:editora"
    assert client.post(undo.format(second["id"])).status_code == 409
    assert [client.post(undo.format(odd)).status_code for odd in (2**40, "x", 2**70)] == [404, 404, 404]
    back = lines_of(client, asset_id)
    assert [(one["text"], one["model"], one["correction"]) for one in back] == [
        ("el pebe equis", "whisper@1", None),
        ("otra cosa", "whisper@1", None),
    ]
    assert back[0]["version"] == line["version"]
    whats = ["transcript.correct", "transcript.correct", "transcript.undo"]
    assert [what for _, what in audited(api, asset_id)] == whats


def test_of_two_editors_of_one_line_the_second_is_told_what_it_is_now(api: Api) -> None:
    eva, ana, asset_id = api.client("editora"), api.client("archivista"), make(api)
    say(api, asset_id, "uno", "dos")
    first, second = lines_of(eva, asset_id)
    assert correct(eva, asset_id, first, text="UNO").status_code == 200
    late = correct(ana, asset_id, first, text="Uno")
    assert (late.status_code, late.json()["title"], late.json()["field"]) == (
        412,
        "changed-meanwhile",
        "If-Match",
    )
    current = late.json()["current"]
    assert (current["text"], current["correction"]["author"]) == ("UNO", "user:editora")
    assert late.headers["etag"] == f'"{current["version"]}"'
    assert correct(ana, asset_id, second, text="DOS").status_code == 200, "another line is nobody's business"
    assert correct(ana, asset_id, current, text="Uno").status_code == 200
    path = f"/assets/{asset_id}/transcript/0"
    assert eva.patch(path, json={"text": "x"}).status_code == 428
    assert [line["text"] for line in lines_of(eva, asset_id)] == ["Uno", "DOS"]


def test_ten_editors_of_one_line_at_once_lose_nothing_silently(api: Api) -> None:
    asset_id = make(api)
    say(api, asset_id, "uno")
    (line,) = lines_of(api.client("editora"), asset_id)
    clients = [api.client("editora") for _ in range(10)]
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda c=client, n=n: answers.append(correct(c, asset_id, line, text=f"uno {n}").status_code))
        for n, client in enumerate(clients)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200] + [412] * 9
    assert len(api.sql("select 1 from transcript_edits where asset_id = %s", asset_id)) == 1


def test_a_removed_line_is_among_the_corrections_and_comes_back(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "subtítulos por la comunidad", "dos")
    answer = correct(client, asset_id, lines_of(client, asset_id)[0], text="").json()
    assert (answer["line"], answer["correction"]["text"]) == (None, "")
    assert [line["text"] for line in lines_of(client, asset_id)] == ["dos"]
    gone = client.patch(f"/assets/{asset_id}/transcript/0", json={"text": "x"}, headers={"if-match": "*"})
    assert (gone.status_code, gone.json()["title"]) == (404, "no-such-line")
    client.post(f"/assets/{asset_id}/transcript/corrections/{answer['correction']['id']}/undo")
    back = lines_of(client, asset_id)
    assert [(line["number"], line["text"]) for line in back] == [
        (0, "subtítulos por la comunidad"),
        (1, "dos"),
    ]


@pytest.mark.parametrize("removed", [[0], [2], [4], [1, 2, 3], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("rerun", [False, True])
def test_wherever_lines_were_removed_they_come_back_in_order_of_time(
    api: Api, removed: list[int], rerun: bool
) -> None:
    client, asset_id = api.client("editora"), make(api)
    said_lines = ["cero", "uno", "dos", "tres", "cuatro"]
    say(api, asset_id, *said_lines)
    lines = lines_of(client, asset_id)
    gone = [
        correct(client, asset_id, lines[number], text="").json()["correction"]["id"] for number in removed
    ]
    if rerun:  # numbers them anew, without a gap
        heard = [(text, number * 10_000, "S1") for number, text in enumerate(said_lines)]
        tell_voices_apart(api, asset_id, *heard)
    assert len(lines_of(client, asset_id)) == 5 - len(removed)
    for correction in gone:
        answer = client.post(f"/assets/{asset_id}/transcript/corrections/{correction}/undo")
        assert answer.status_code == 200, answer.text
    assert [line["text"] for line in lines_of(client, asset_id)] == said_lines
    assert len(pages(client, f"/assets/{asset_id}/transcript", limit=2)) == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ({"text": None}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"speaker": ""}, "speaker"),
        ({"speaker": "x" * 201}, "speaker"),
        ({"words": []}, "words"),
    ],
)
def test_a_correction_that_cannot_be_says_which_field_is_at_fault(
    api: Api, body: dict[str, Any], field: str | None
) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "uno")
    answer = correct(client, asset_id, lines_of(client, asset_id)[0], **body)
    assert (answer.status_code, answer.json().get("field")) == (422, field)
    assert [line["text"] for line in lines_of(client, asset_id)] == ["uno"]


def test_a_correction_survives_a_new_run_and_numbers_that_moved_hit_no_other_line(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "cero", "uno", "dos")
    before = lines_of(client, asset_id)
    correct(client, asset_id, before[1], text="UNO")
    run_again(api, asset_id, ("uno", 10_000), ("dos", 20_000), ("tres", 30_000))  # no "cero" any more
    after = lines_of(client, asset_id)
    assert [(line["number"], line["text"], line["model"]) for line in after] == [
        (0, "UNO", "person:user:editora"),
        (1, "dos tres", "whisper@2"),
    ]
    assert after[0]["correction"]["machine_text"] == "uno"
    # who still sees the old numbers would correct another line
    moved = correct(client, asset_id, before[0], text="CERO")
    assert (moved.status_code, moved.json()["current"]["text"]) == (412, "UNO")
    undone = client.post(f"/assets/{asset_id}/transcript/corrections/{after[0]['correction']['id']}/undo")
    assert undone.status_code == 200
    assert [line["text"] for line in lines_of(client, asset_id)] == ["uno", "dos tres"]


# -- found ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def deliver(api: Api, newsroom: Newsroom) -> Iterator[Callable[[str], None]]:
    """Post what was said last of an asset to the indexer."""
    newsroom.indexer.close()  # there is one writer
    app = function.serve(
        search_main.handle, name="search-indexer", settings=search_main.IndexerSettings, hears={CHANGED}, env=newsroom.env
    )  # fmt: skip
    client = TestClient(app, raise_server_exceptions=False)

    def post(asset_id: str) -> None:
        headers, body = events.to_binary(events.parse_structured(said(api, asset_id)[-1]))
        assert client.post("/", headers=headers, content=body).status_code == 202

    yield post
    search_main.indexer_of(app.state.resources).close()
    app.state.resources.database.close()


def test_search_finds_the_corrected_word_and_no_longer_the_wrong_one(
    api: Api, newsroom: Newsroom, deliver: Callable[[str], None]
) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "la presidenta de Estrasburgo llega", "otra cosa")
    correct(client, asset_id, lines_of(client, asset_id)[0], text="la presidenta de Zamora llega")
    deliver(asset_id)
    assert newsroom.found("zamora ") == {asset_id}
    assert newsroom.found("estrasburgo ") == set()
    (passage,) = newsroom.get("segments", q="zamora")["hits"]
    assert passage["start_ms"] == 0
    client.post(f"/assets/{asset_id}/tags", json={"kind": "person", "value": "Clara Campoamor"})
    deliver(asset_id)
    assert newsroom.found("campoamor ") == {asset_id}


# -- speakers ---------------------------------------------------------------------------------------------------------
def test_a_named_voice_is_shown_on_all_of_its_lines_and_after_a_new_run(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    say(api, asset_id, "hola", "buenas", "adiós", voices=("S1", "S2", "S1"))
    path = f"/assets/{asset_id}/transcript/speakers"
    named = client.put(path, json={"voice": "S1", "name": " Ana  Blanco "})
    assert named.status_code == 200, named.text
    assert [named.json()[k] for k in ("name", "lines", "total_ms", "author")] == ["Ana Blanco", 2, 8_000, "user:editora"]  # fmt: skip
    assert [(one["voice"], one["name"]) for one in pages(client, path, limit=1)] == [("S1", "Ana Blanco"), ("S2", None)]  # fmt: skip
    shown = lines_of(client, asset_id)
    assert [(line["speaker"], line["voice"]) for line in shown] == [("Ana Blanco", "S1"), ("S2", "S2"), ("Ana Blanco", "S1")]  # fmt: skip

    # one line was taken for the wrong voice; its words stay the machine's
    moved = correct(client, asset_id, shown[1], speaker="S1").json()["line"]
    assert (moved["speaker"], moved["text"], moved["correction"]["machine_speaker"]) == ("Ana Blanco", "buenas", "S2")  # fmt: skip
    by_name = correct(client, asset_id, moved, speaker="Ana Blanco").json()["line"]
    assert by_name["voice"] == "S1", "it follows the voice when that is named anew"
    guest = correct(client, asset_id, shown[2], speaker="Un oyente").json()["line"]
    assert (guest["speaker"], guest["voice"]) == ("Un oyente", "Un oyente")

    tell_voices_apart(api, asset_id, ("hola", 0, "S1"), ("buenas", 10_000, "S2"), ("adiós", 20_000, "S1"))
    assert [line["speaker"] for line in lines_of(client, asset_id)] == [
        "Ana Blanco",
        "Ana Blanco",
        "Un oyente",
    ]
    client.put(path, json={"voice": "S1", "name": "Ana Blanco Gómez"})
    assert [(line["text"], line["speaker"]) for line in lines_of(client, asset_id)] == [
        ("hola", "Ana Blanco Gómez"),
        ("buenas", "Ana Blanco Gómez"),
        ("adiós", "Un oyente"),
    ]
    assert client.put(path, json={"voice": "S1", "name": None}).json()["name"] is None
    assert lines_of(client, asset_id)[1]["speaker"] == "S1"
    unknown = client.put(path, json={"voice": "S9", "name": "x"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "voice")
    stale = client.put(path, json={"voice": "S1", "name": "x"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
