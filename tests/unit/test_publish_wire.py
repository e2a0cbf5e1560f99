"""What goes over the wire, as the channels' documents have it: golden requests. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import httpx
import pytest

from acervo.channels.material import Asset, Rendition
from acervo.channels.texts import Texts
from functions.publish import facebook_api, mos_messages, registry, templates, youtube_api
from functions.publish.connector import Job
from functions.publish.faults import Fault
from functions.publish.remote_files import sidecar
from functions.publish.rows import Publication
from functions.publish.vault import Secret

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def job(publish_at: datetime | None = None, **options: Any) -> Job:
    return Job(
        publication=Publication(id="11111111-2222-3333-4444-555555555555", asset_id="a", channel_id="c", profile="proxy", publish_at=publish_at),
        channel=cast(Any, None), asset=Asset(id="a", project_id="news", name="P.mov", kind="video", status="ready"),
        texts=Texts(title="Título", description="D\x00 & <x>", tags=("uno",), language="es", options=options),
        rendition=Rendition(profile="proxy", status="ready", bucket="b", key="k/p.mp4", mime_type="video/mp4", size_bytes=9), thumbnail=None,
        transfer=cast(Any, SimpleNamespace(size=9)), now=NOW, captions=lambda: iter(()),
    )  # fmt: skip


def test_youtube_insert() -> None:
    assert youtube_api.resource(job(), {"defaults": {"privacy": "unlisted"}}) == {
        "snippet": {"title": "Título", "description": "D\x00 & <x>", "tags": ["uno", "acervo-11111111222233334444"], "categoryId": "25",
                    "defaultLanguage": "es", "defaultAudioLanguage": "es"},
        "status": {"privacyStatus": "unlisted", "selfDeclaredMadeForKids": False, "embeddable": True},
    }  # fmt: skip


def test_youtube_schedules_as_private_until_its_time() -> None:
    status = youtube_api.resource(job(NOW + timedelta(hours=3)), {})["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", "2026-11-24T15:00:00Z")
    assert "publishAt" not in youtube_api.resource(job(NOW - timedelta(hours=3)), {})["status"]


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [("quotaExceeded", 403, "quota-exhausted"), ("uploadLimitExceeded", 400, "quota-exhausted"), ("rateLimitExceeded", 403, "rate-limited"),
     ("authError", 401, "credentials"), ("invalidTitle", 400, "invalid"), ("mediaBodyRequired", 400, "invalid"), ("backendError", 503, "channel-error"),
     ("somethingNew", 403, "forbidden"), ("forbidden", 403, "forbidden")],
)  # fmt: skip
def test_youtube_errors_by_their_reason(reason: str, status: int, code: str) -> None:
    fault = youtube_api.explain(httpx.Response(status, json={"error": {"errors": [{"reason": reason}]}}))
    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize(
    ("header", "count"), [({}, 0), ({"range": "bytes=0-524287"}, 524_288), ({"range": "0-5"}, 0)]
)
def test_a_308_says_how_far_it_got(header: dict[str, str], count: int) -> None:
    assert youtube_api.received(httpx.Response(308, headers=header)) == count


def test_facebook_finish() -> None:
    assert facebook_api.words(job()) == {
        "title": "Título",
        "description": "D\x00 & <x>",
        "custom_labels": '["acervo-11111111222233334444"]',
    }
    starts = NOW + timedelta(hours=1)
    assert facebook_api.words(job(starts)) | {} == {
        "title": "Título", "description": "D\x00 & <x>", "custom_labels": '["acervo-11111111222233334444"]', "published": "false",
        "unpublished_content_type": "SCHEDULED", "scheduled_publish_time": str(int(starts.timestamp())),
    }  # fmt: skip


def test_facebook_transfer_is_multipart_with_its_length() -> None:
    size, kind, parts = facebook_api.multipart(
        "B", {"upload_phase": "transfer", "start_offset": "0"}, 3, iter([b"ab", b"c"])
    )
    body = b"".join(parts)
    assert len(body) == size
    assert kind == "multipart/form-data; boundary=B"
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="upload_phase"\r\n\r\ntransfer\r\n--B\r\nContent-Disposition: form-data; name="start_offset"\r\n\r\n0\r\n'
        b'--B\r\nContent-Disposition: form-data; name="video_file_chunk"; filename="chunk"\r\nContent-Type: application/octet-stream\r\n\r\nabc\r\n--B--\r\n'
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [({"code": 190}, "credentials"), ({"code": 4}, "rate-limited"), ({"code": 200}, "forbidden"), ({"code": 368}, "policy"),
     ({"code": 6000, "error_subcode": 1363030}, "channel-timeout"), ({"code": 6000, "error_subcode": 1363023}, "unfit"),
     ({"code": 999, "is_transient": True}, "channel-error"), ({"code": 999}, "invalid")],
)  # fmt: skip
def test_facebook_errors_by_their_codes(error: dict[str, Any], code: str) -> None:
    fault = facebook_api.explain(httpx.Response(400, json={"error": error}))
    assert fault is not None
    assert fault.code == code


def test_facebook_names_the_right_offset() -> None:
    error = {"code": 6001, "error_subcode": 1363037, "error_data": {"start_offset": 7, "end_offset": 9}}
    assert facebook_api.right_offsets(httpx.Response(400, json={"error": error})) == (7, 9)
    assert facebook_api.right_offsets(httpx.Response(400, json={"error": {"code": 1}})) is None


def test_a_mos_object_has_the_protocols_tags_in_its_order() -> None:
    item = mos_messages.MosObject(id="o", slug="S & T", abstract="", kind="VIDEO", revision=2, duration=250, time_base=25, status="NEW",
                                  paths=(("video/mp4", "sftp://x/y.mp4"),), created="c", changed="d")  # fmt: skip
    data = mos_messages.encode(mos_messages.mos_obj("M", "N", 7, item))
    assert data.decode("utf-16-be") == (
        "<mos><mosID>M</mosID><ncsID>N</ncsID><messageID>7</messageID><mosObj><objID>o</objID><objSlug>S &amp; T</objSlug><mosAbstract></mosAbstract>"
        "<objGroup></objGroup><objType>VIDEO</objType><objTB>25</objTB><objRev>2</objRev><objDur>250</objDur><status>NEW</status><objAir>READY</objAir>"
        '<objPaths><objPath techDescription="video/mp4">sftp://x/y.mp4</objPath></objPaths><createdBy>Acervo</createdBy><created>c</created>'
        "<changedBy>Acervo</changedBy><changed>d</changed><description></description></mosObj></mos>"
    )


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_mos_messages_are_found_however_the_bytes_arrive(piece: int) -> None:
    text = "<mos><mosID>M</mosID><ncsID>N</ncsID><messageID>1</messageID><heartbeat><time>t</time></heartbeat></mos>"
    data = (text + "\r\n" + text).encode("utf-16-be")
    frames = mos_messages.Frames()
    found = [root for at in range(0, len(data), piece) for root in frames.feed(data[at : at + piece])]
    assert [mos_messages.kind_of(root) for root in found] == ["heartbeat", "heartbeat"]


def test_mos_refuses_document_types_and_endless_messages() -> None:
    with pytest.raises(Fault, match="document type"):
        mos_messages.parse('<!DOCTYPE x [<!ENTITY a "b">]><mos>&a;</mos>'.encode("utf-16-be"))
    with pytest.raises(Fault, match="without an end"):
        list(mos_messages.Frames().feed(b"\x00x" * (3 << 20)))


def test_a_sidecar_is_xml_whatever_the_words_hold() -> None:
    root = ElementTree.fromstring(sidecar(job(), "p.mp4"))  # noqa: S314  # our own
    assert (root.findtext("description"), root.findtext("file")) == ("D & <x>", "p.mp4")


# -- configuration ----------------------------------------------------------------------------------------------------
def test_a_template_keeps_types_and_cannot_break_out_of_a_path() -> None:
    words = {"tags": ["a", "b"], "title": "x/../y?z", "size_bytes": 7}
    assert templates.fill({"t": "{tags}", "n": "{size_bytes}", "s": "{title}: {tags}"}, words) == {
        "t": ["a", "b"],
        "n": 7,
        "s": "x/../y?z: a, b",
    }
    assert templates.fill_path("/items/{title}", words) == "/items/x%2F..%2Fy%3Fz"
    assert templates.pointed({"items": [{"id": 5}]}, "/items/0/id") == 5
    assert templates.pointed({"items": []}, "/items/0/id") is None


def test_every_type_of_channel_has_its_kind() -> None:
    for type_ in registry.types():
        assert isinstance(registry.kind_of(type_).check({}), list)
    with pytest.raises(Fault, match="no connector"):
        registry.kind_of("carrier-pigeon")


def test_a_secret_shows_only_its_names() -> None:
    secret = Secret({"token": "hush"}, 3)
    assert "hush" not in f"{secret!r} {secret}"
    with pytest.raises(Fault, match="user"):
        secret.need("token", "user")
