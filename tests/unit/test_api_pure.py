"""The API's pure parts: parts of an upload, cursors, entity tags, playlists, tracks, names, stream tokens."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo.errors import Rejected
from acervo.problems import Problem
from functions.api import cursors, entity_tags, parts, playlists, stream_tokens, tracks
from functions.api.downloads import file_name

SECRET = "0123456789abcdef0123456789abcdef"


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_the_parts_of_a_file_add_up_to_it(size: int, part: int) -> None:
    part = max(part, size // 5000 + 1)
    count = parts.part_count(size, part)
    sizes = [parts.expected_bytes(number, size, part) for number in range(1, count + 1)]
    assert sum(sizes) == size
    assert all(0 < bytes_ <= part for bytes_ in sizes)
    assert all(bytes_ == part for bytes_ in sizes[:-1])


@given(st.data())
def test_only_the_very_parts_of_a_file_have_no_faults(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    whole = {number: (f"tag{number}", 10 if number < count else 7) for number in range(1, count + 1)}
    size = (count - 1) * 10 + 7
    assert parts.faults(size, 10, whole, None) == []
    named = data.draw(st.permutations([(number, f'"TAG{number}"') for number in whole]))
    assert parts.faults(size, 10, whole, named) == []
    number = data.draw(st.sampled_from(sorted(whole)))
    harm = data.draw(st.sampled_from(["gone", "short", "long", "unnamed", "other", "twice"]))
    stored, given_ = dict(whole), list(named)
    if harm == "gone":
        del stored[number]
    elif harm in ("short", "long"):
        stored[number] = (whole[number][0], whole[number][1] + (1 if harm == "long" else -1))
    elif harm == "unnamed":
        given_ = [(n, tag) for n, tag in named if n != number]
    elif harm == "other":
        given_ = [(n, "other" if n == number else tag) for n, tag in named]
    else:
        given_ = [*named, (number, whole[number][0])]
    fields = [fault["field"] for fault in parts.faults(size, 10, stored, given_)]
    assert fields == [f"parts.{number}"]


def test_faults_of_ten_thousand_parts_are_bounded() -> None:
    assert len(parts.faults(10_000, 1, {}, None)) == parts.MAX_FAULTS
    assert len(parts.faults(10_000, 1, {}, [(n, "x") for n in range(1, 10_001)])) == parts.MAX_FAULTS


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_was(at: datetime, id_: UUID) -> None:
    assert cursors.decode_time_and_id(cursors.encode(at, id_)) == (at, id_)


@given(st.text(max_size=80))
def test_a_foreign_cursor_is_a_problem_not_a_crash(text: str) -> None:
    for decode in (cursors.decode_time_and_id, cursors.decode_number, cursors.decode_text):
        fault = refusal(partial(decode, text))
        assert fault is None or (fault.status, fault.field) == (422, "cursor")


def refusal(call: Callable[[], object]) -> Problem | None:
    try:
        call()
    except Problem as fault:
        return fault
    return None


@given(st.text(max_size=80))
def test_any_if_match_header_can_be_read(header: str) -> None:
    assert entity_tags.matches_version(header, 7) == any(
        tag == "*" or tag.split(".")[0] == "7" for tag in entity_tags.parse(header)
    )


def test_entity_tags_guard_edits_by_version_and_reading_by_content() -> None:
    tag = entity_tags.entity_tag(7, b"body")
    for header in (tag, '"7"', f'W/{tag}, "x"', "*", '"7.other"'):
        assert entity_tags.matches_version(header, 7), header
    for header in ('"70"', "7", '"6.x"', '""', ""):
        assert not entity_tags.matches_version(header, 7), header
    assert entity_tags.matches(f'"x", {tag}', tag)
    assert not entity_tags.matches(entity_tags.entity_tag(7, b"other"), tag)


def test_every_link_of_a_playlist_is_replaced_and_nothing_else() -> None:
    text = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4",BYTERANGE="5@0"\n#EXT-X-MEDIA:NAME="URI=x",URI="a/b.m3u8"\n#EXTINF:2.5,\nseg.m4s\n\n#EXTINF:1.5,\nz.m4s\n'
    seen: list[str] = []

    def link(uri: str) -> str:
        seen.append(uri)
        return f"<{uri}>"

    rewritten = playlists.rewrite(text, link)
    assert seen == ["init.mp4", "a/b.m3u8", "seg.m4s", "z.m4s"]
    assert 'NAME="URI=x",URI="<a/b.m3u8>"' in rewritten
    assert "\n<seg.m4s>\n" in rewritten
    assert playlists.duration_s(text) == 4.0


def test_every_file_of_a_thumbnail_track_is_replaced_and_its_place_stays() -> None:
    text = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\na.jpg#xywh=0,0,9,9\n\nNOTE b.jpg\n\n00:00:02.000 --> 01:00:04.500\nb.jpg#xywh=9,0,9,9\n"
    rewritten = tracks.rewrite(text, lambda uri: f"https://store/{uri}?x")
    assert "\nhttps://store/a.jpg?x#xywh=0,0,9,9\n" in rewritten
    assert "\nhttps://store/b.jpg?x#xywh=9,0,9,9\n" in rewritten
    assert rewritten.count("https://") == 2
    assert tracks.duration_s(text) == 3604.5
    assert tracks.duration_s("WEBVTT\n") == 0.0


@given(st.text(alphabet=string.ascii_letters + "./:\\?#%", max_size=30))
def test_no_link_leaves_its_folder(uri: str) -> None:
    try:
        key = playlists.resolve("proxies/x/hls", "v/index.m3u8", uri)
    except Rejected:
        return
    assert key.startswith("proxies/x/hls/")
    assert ".." not in key.split("/")


@pytest.mark.parametrize(
    ("name", "what", "key", "expected"),
    [
        ("Película 1.mov", "master", "masters/a/b/source.mov", "Película 1.mov"),
        ("Película 1.mov", "proxy", "proxies/a/b/proxy/proxy.mp4", "Película 1-proxy.mp4"),
        ("../x", "thumb-300", "thumbs/a/b/thumb-300.webp", "x-thumb-300.webp"),
        ('a"b\n.mp4', "master", "k.mp4", "a_b_.mp4"),
    ],
)
def test_downloads_have_the_name_that_people_know(name: str, what: str, key: str, expected: str) -> None:
    assert file_name(name, what, key) == expected


def test_a_stream_token_is_for_one_asset_until_it_expires() -> None:
    asset, other = str(uuid4()), str(uuid4())
    token, expires_at = stream_tokens.issue(SECRET, asset, "ana")
    assert stream_tokens.verify(SECRET, token, asset) == stream_tokens.Viewer("ana", expires_at)
    old, _ = stream_tokens.issue(SECRET, asset, "ana", ttl_s=-1)
    for wrong in (
        (SECRET, token, other),
        (SECRET[::-1], token, asset),
        (SECRET, old, asset),
        (SECRET, "x", asset),
    ):
        with pytest.raises(Problem) as fault:
            stream_tokens.verify(*wrong)
        assert fault.value.status == 401
