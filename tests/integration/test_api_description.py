"""What machines saw and people put right, through the API: tags and names, objects, text, shots, related assets."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from acervo.database import query
from functions.api import cursors
from tests.described import audited, make, pages, said
from tests.fix_api import Api


# -- tags -------------------------------------------------------------------------------------------------------------
def tag(api: Api, asset_id: str, kind: str, value: str, total_ms: int = 0, times: int = 1) -> None:
    api.sql(
        "insert into tags values (%s, %s, %s, 0.9, %s, %s, 'yolo@1')", asset_id, kind, value, times, total_ms
    )


def values(client: httpx.Client, asset_id: str, **query: Any) -> list[tuple[str, str]]:
    found = pages(client, f"/assets/{asset_id}/tags", **{"limit": 2, **query})
    return [(one["value"], one["source"]) for one in found]


def test_tags_are_added_rejected_renamed_and_taken_back_and_stay_so_when_the_step_runs_again(
    api: Api,
) -> None:
    client, asset_id = api.client("editora"), make(api)
    path = f"/assets/{asset_id}/tags"

    def machine() -> None:
        api.sql("delete from tags where asset_id = %s", asset_id)
        for value, total_ms in (("dog", 500), ("car", 9_000), ("bus", 500)):
            tag(api, asset_id, "object", value, total_ms)
        tag(api, asset_id, "person", "Pedro Sanches", times=3)

    machine()
    as_found = [("car", "machine"), ("bus", "machine"), ("dog", "machine"), ("Pedro Sanches", "machine")]
    assert values(client, asset_id) == as_found
    added = client.post(path, json={"kind": "object", "value": " pancarta  roja "}).json()
    assert [added[k] for k in ("value", "source", "verdict", "author", "model")] == ["pancarta roja", "person", "added", "user:editora", None]  # fmt: skip
    rejected = client.post(path, json={"kind": "object", "value": "dog", "verdict": "rejected"}).json()
    assert (rejected["source"], rejected["verdict"]) == ("machine", "rejected")
    name = {"kind": "person", "value": "Pedro Sanches", "to": "Pedro Sánchez"}
    assert client.post(f"{path}/rename", json=name).json()["value"] == "Pedro Sánchez"
    assert client.post(path, json={"kind": "object", "value": "car"}).json()["source"] == "both"
    people_say = [
        ("car", "both"),
        ("bus", "machine"),
        ("pancarta roja", "person"),
        ("Pedro Sánchez", "person"),
    ]
    assert values(client, asset_id) == people_say
    assert values(client, asset_id, kind="person", rejected=True) == [("Pedro Sanches", "machine"), ("Pedro Sánchez", "person")]  # fmt: skip
    machine()  # another run
    assert values(client, asset_id) == people_say
    for kind, value in (("object", "dog"), ("object", "car"), ("object", "pancarta roja"), ("person", "Pedro Sanches"), ("person", "Pedro Sánchez")):  # fmt: skip
        assert client.delete(path, params={"kind": kind, "value": value}).status_code == 204
    assert client.delete(path, params={"kind": "object", "value": "nothing"}).status_code == 204
    assert values(client, asset_id) == as_found
    assert len(said(api, asset_id)) == 4 + 5, "what changed nothing is not said"
    whats = ["tag.added", "tag.rejected", "tag.rename", "tag.added"] + ["tag.forget"] * 5
    assert [what for _, what in audited(api, asset_id)] == whats


def test_a_place_that_was_taken_for_a_person_becomes_a_place(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    tag(api, asset_id, "person", "Santiago")
    body = {"kind": "person", "value": "Santiago", "to": "Santiago", "to_kind": "place"}
    assert client.post(f"/assets/{asset_id}/tags/rename", json=body).json()["kind"] == "place"
    (found,) = client.get(f"/assets/{asset_id}/tags").json()["items"]
    assert (found["kind"], found["value"]) == ("place", "Santiago")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "colour", "value": "red"}, "kind"),
        ({"kind": "object", "value": "  "}, "value"),
        ({"kind": "object", "value": "x" * 201}, "value"),
        ({"kind": "object", "value": "a", "verdict": "maybe"}, "verdict"),
        ({"kind": "object"}, "value"),
    ],
)
def test_a_tag_that_cannot_be_says_which_field_is_at_fault(
    api: Api, body: dict[str, Any], field: str
) -> None:
    answer = api.client("editora").post(f"/assets/{make(api)}/tags", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


# -- what is seen -----------------------------------------------------------------------------------------------------
def test_objects_come_with_boxes_in_order_of_time_without_what_people_rejected(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    for number, (label, start, end) in enumerate([("person", 0, 4_000), ("dog", 1_000, 2_000), ("person", 6_000, 9_000)]):  # fmt: skip
        boxes = [[at, 0.5, 0.1, 0.2, 0.3, 0.4] for at in range(start, end, 1_000)]
        api.sql(
            "insert into detections values (%s, %s, %s, %s, %s, 0.75, %s, 2, %s::jsonb, 'yolo@1')",
            asset_id, number, label, start, end, start, json.dumps(boxes),
        )  # fmt: skip
    path = f"/assets/{asset_id}/detections"
    found = pages(client, path, limit=2)
    assert [(one["number"], one["label"], len(one["boxes"])) for one in found] == [(0, "person", 4), (1, "dog", 1), (2, "person", 3)]  # fmt: skip
    assert found[0]["boxes"][1] == {
        "at_ms": 1_000,
        "score": 0.5,
        "x": 0.1,
        "y": 0.2,
        "width": 0.3,
        "height": 0.4,
    }
    some = client.get(path, params={"from_ms": 3_000, "until_ms": 7_000, "label": "person"}).json()["items"]
    assert [[box["at_ms"] for box in one["boxes"]] for one in some] == [[3_000], [6_000]]
    assert client.get(path, params={"boxes": False}).json()["items"][0]["boxes"] is None
    client.post(f"/assets/{asset_id}/tags", json={"kind": "object", "value": "dog", "verdict": "rejected"})
    assert [one["label"] for one in pages(client, path, limit=2)] == ["person", "person"]


def test_text_in_the_picture_has_its_place_and_its_time(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    for number in range(3):
        api.sql(
            "insert into ocr_texts values (%s, %s, %s, %s, %s, 0.9, '[0.1, 0.8, 0.5, 0.1]', 'ocr@1')",
            asset_id, number, number * 1_000, number * 1_000 + 900, f"ALCALDESA {number}",
        )  # fmt: skip
    path = f"/assets/{asset_id}/texts"
    assert [one["text"] for one in pages(client, path, limit=2)] == [
        "ALCALDESA 0",
        "ALCALDESA 1",
        "ALCALDESA 2",
    ]
    (one,) = client.get(path, params={"from_ms": 950, "until_ms": 2_000}).json()["items"]
    assert (one["number"], one["box"]) == (1, {"x": 0.1, "y": 0.8, "width": 0.5, "height": 0.1})


def shot(api: Api, asset_id: str, number: int, hashed: int, start_ms: int | None = None) -> None:
    start = number * 1_000 if start_ms is None else start_ms
    api.sql(
        "insert into shots values (%s, %s, %s, %s, %s, %s::bigint::bit(64))",
        asset_id, number, start, start + 1_000, start, hashed,
    )  # fmt: skip


def rendition(api: Api, asset_id: str, profile: str, key: str) -> None:
    api.sql("insert into renditions (asset_id, profile, status, bucket, key) values (%s, %s, 'ready', 'dam-proxies', %s)", asset_id, profile, key)  # fmt: skip


def test_each_shot_has_a_picture_that_can_be_fetched(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    folder = f"proxies/{asset_id}/x/storyboard"
    for number in range(3):
        shot(api, asset_id, number, looks())
        api.ceph.s3.put_object(
            Bucket="dam-proxies", Key=f"{folder}/{number * 1000}.webp", Body=b"w%d" % number
        )
    path = f"/assets/{asset_id}/shots"
    assert [one["picture_url"] for one in pages(client, path, limit=2)] == [None] * 3
    rendition(api, asset_id, "storyboard", f"{folder}/storyboard.vtt")
    found = pages(client, path, limit=2)
    assert [(one["number"], one["start_ms"], one["end_ms"]) for one in found] == [(0, 0, 1_000), (1, 1_000, 2_000), (2, 2_000, 3_000)]  # fmt: skip
    assert [httpx.get(one["picture_url"]).content for one in found] == [b"w0", b"w1", b"w2"]
    photo = make(api, kind="image")
    shot(api, photo, 0, looks())
    key = f"thumbs/{photo}/x/thumb-300.webp"
    api.ceph.s3.put_object(Bucket="dam-proxies", Key=key, Body=b"thumb")
    rendition(api, photo, "thumb-300", key)
    (one,) = client.get(f"/assets/{photo}/shots").json()["items"]
    assert httpx.get(one["picture_url"]).content == b"thumb"


# -- related ----------------------------------------------------------------------------------------------------------
def looks() -> int:
    """A perceptual hash that nothing else of these tests comes near."""
    return secrets.randbits(62)


def test_copies_are_found_by_their_looks_the_likest_first_and_none_that_one_may_not_see(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    mine = looks()
    shot(api, asset_id, 0, mine)
    likes = [make(api, name=f"like-{bits}.mp4") for bits in (1, 3, 3, 8, 9)]
    for other, bits in zip(likes, (1, 3, 3, 8, 9), strict=True):
        shot(api, other, 0, mine ^ ((1 << bits) - 1), start_ms=500)
    hidden = make(api, "deportes")
    shot(api, hidden, 0, mine)
    path = f"/assets/{asset_id}/near-duplicates"
    found = pages(client, path, limit=1)
    assert [one["bits"] for one in found] == [1, 3, 3, 8]
    assert [one["asset_id"] for one in found] == [likes[0], *sorted(likes[1:3]), likes[3]]
    assert (found[0]["name"], found[0]["start_ms"], found[0]["own_start_ms"]) == ("like-1.mp4", 500, 0)
    assert [one["bits"] for one in pages(api.client("archivista"), path, limit=10)] == [0, 1, 3, 3, 8]
    assert [one["bits"] for one in pages(client, path, limit=10, most_bits=2)] == [1]


def test_films_that_begin_in_black_are_not_alike_for_that(api: Api) -> None:
    client, asset_id, other = api.client("editora"), make(api), make(api)
    for film in (asset_id, other):
        shot(api, film, 0, 0)
        shot(api, film, 1, looks())
    assert client.get(f"/assets/{asset_id}/near-duplicates").json()["items"] == []


def test_the_index_looks_past_the_shots_of_the_asset_itself(api: Api) -> None:
    asset_id, other, mine = make(api), make(api), looks()
    for number in range(300):  # more than the index looks at by itself
        shot(api, asset_id, number, mine ^ (1 << secrets.randbelow(62)) ^ (1 << secrets.randbelow(62)))
    for number in range(20):  # several: an approximate index may miss any one of them
        shot(api, other, number, mine ^ sum(1 << bit for bit in secrets.SystemRandom().sample(range(62), 6)))
    found = []
    with psycopg.connect(api.database_url, row_factory=dict_row) as connection:
        for plan in ("seqscan", "sort", "bitmapscan"):  # as with a million shots
            connection.execute(f"set enable_{plan} = off".encode())
        for look in (False, True):
            if look:
                query.look_past_own_shots(connection)
            rows = query.near_duplicates(
                connection,
                asset_id=asset_id,
                projects=None,
                most_bits=8,
                after_bits=None,
                after_id=None,
                limit=10,
            )
            found.append(sum(row["shots"] for row in rows if str(row["asset_id"]) == other))
    assert found[0] < found[1], "shots of this asset that look like the other's"


def test_one_address_tells_all_that_has_to_do_with_an_asset(api: Api) -> None:
    client = api.client("editora")
    original, part, far = (
        make(api, name="original.mp4"),
        make(api, metadata={"title": "Parte"}),
        make(api, "deportes"),
    )
    asset_id, twin = make(api, duplicate_of=original), make(api, name="twin.mp4")
    rendition(api, part, "poster", f"proxies/{part}/x/poster.jpg")
    mine = looks()
    for other in (asset_id, twin):
        shot(api, other, 0, mine)
    client.post(f"/assets/{part}/links", json={"kind": "part-of", "asset_id": asset_id})
    client.post(f"/assets/{asset_id}/links", json={"kind": "derived-from", "asset_id": original})
    api.client("archivista").post(f"/assets/{asset_id}/links", json={"kind": "related", "asset_id": far})
    found = client.get(f"/assets/{asset_id}/related").json()
    assert found["same_bytes"]["asset_id"] == original
    assert [(one["asset_id"], one["link"]["kind"], one["link"]["outgoing"]) for one in found["links"]] == [
        (part, "part-of", False),
        (original, "derived-from", True),
    ]
    assert found["links"][0]["title"] == "Parte"
    assert found["links"][0]["thumbnail_url"].startswith(api.ceph.endpoint)
    assert [one["asset_id"] for one in found["near_duplicates"]] == [twin]
    assert (found["links_next"], found["near_duplicates_next"]) == (None, None)
    assert found["more_like_this"] == f"/api/v1/search/assets/{asset_id}/like"
    assert len(api.client("archivista").get(f"/assets/{asset_id}/related").json()["links"]) == 3


def test_the_rest_of_many_near_duplicates_is_at_the_address_that_related_names(api: Api) -> None:
    client, asset_id, mine = api.client("editora"), make(api), (looks(), looks())
    for number in range(2):  # the nearest twenty of each shot are looked at
        shot(api, asset_id, number, mine[number])
    for number in range(25):
        shot(api, make(api), 0, mine[number % 2] ^ 1)
    related = client.get(f"/assets/{asset_id}/related").json()
    assert len(related["near_duplicates"]) == 20
    rest = client.get(related["near_duplicates_next"].removeprefix("/api/v1")).json()
    ids = [one["asset_id"] for one in related["near_duplicates"] + rest["items"]]
    assert (len(ids), len(set(ids)), rest["next_cursor"]) == (25, 25, None)


# -- edges ------------------------------------------------------------------------------------------------------------
LISTS = ("transcript", "transcript/corrections", "transcript/speakers", "tags", "detections", "texts", "shots", "near-duplicates")  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_an_asset_without_anything_are_empty_and_refuse_cursors_of_others(
    api: Api, name: str
) -> None:
    client, path = api.client("editora"), f"/assets/{make(api)}/{name}"
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})
    keys: list[list[Any]] = [
        [],
        [1],
        ["\x00"],
        ["a", "b", "c", "d"],
        *([] if "speakers" in name else [["-1"]]),
    ]
    for cursor in ("x", *(cursors.encode(*key) if key != [1] else "WzFd" for key in keys)):
        refused = client.get(path, params={"cursor": cursor})
        assert (refused.status_code, refused.json()["field"]) == (422, "cursor"), cursor
    assert client.get(path, params={"limit": 0}).json()["field"] == "limit"
    assert api.client("otro").get(path).status_code == 404
