"""Decisions: what is done next, with which file, whether it fits, when it is tried again. No I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo import rights
from acervo.channels import choice, fitting
from acervo.channels.material import Asset, Rendition
from acervo.channels.requirements import Requirements
from acervo.channels.texts import Texts, texts_of
from functions.publish import backoff, faults, moments, outcome, plan, quota
from functions.publish.captions import webvtt
from functions.publish.connector import Receipt, Standing
from functions.publish.faults import Fault
from functions.publish.rows import Channel, Publication
from functions.publish.rules import wants
from functions.publish.states import TRANSITIONS, State, may_become

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHANNEL = Channel(id="site", type="cms", profile="proxy")
READY = Rendition(
    profile="proxy", status="ready", bucket="b", key="k.mp4", mime_type="video/mp4", size_bytes=1000
)
ASSET = Asset(
    id="a", project_id="news", name="Pleno.mov", kind="video", status="ready", metadata={"title": "Pleno"}
)
ANY = Requirements()
ASKED = Publication(
    id="11111111-2222-3333-4444-555555555555", asset_id="a", channel_id="site", profile="proxy"
)


def step(publication: Publication = ASKED, channel: Channel = CHANNEL, asset: Asset = ASSET, renditions: Any = (READY,), now: datetime = NOW,
         needs: Requirements = ANY, schedules: timedelta | None = None, keeps: timedelta | None = None) -> plan.Step:  # fmt: skip
    return plan.next_step(
        publication,
        channel,
        asset,
        renditions,
        needs,
        now,
        archive="archive",
        schedules=schedules,
        keeps=keeps,
    )


def test_what_is_ready_is_sent() -> None:
    assert step() == plan.Send(READY, None)


def test_what_is_live_on_a_channel_that_forgets_is_seen_to_in_time() -> None:
    keeps, seen = timedelta(days=45), NOW - timedelta(days=44)
    live = replace(
        ASKED, state=State.PUBLISHED, begun=True, live=True, live_revision=1, rendition={"key": "k.mp4"}, session={"seen_at": seen.isoformat()}
    )  # fmt: skip
    assert step(live, keeps=keeps) == plan.Nothing(seen + keeps)
    assert step(live, keeps=keeps, now=seen + keeps) == plan.Keep()
    assert step(replace(live, session={}), keeps=keeps) == plan.Keep(), "published before that was noted"
    sooner = replace(live, withdraw_at=NOW + timedelta(hours=1))
    assert step(sooner, keeps=keeps) == plan.Nothing(sooner.withdraw_at)
    assert step(replace(live, revision=2), keeps=keeps, now=seen + keeps) == plan.Update(READY, None)
    assert isinstance(step(replace(live, wanted="withdrawn"), keeps=keeps, now=seen + keeps), plan.Withdraw)
    assert step(live) == plan.Nothing(None), "a channel that does not forget"


def test_what_is_published_and_unchanged_is_left_alone() -> None:
    live = replace(
        ASKED, state=State.PUBLISHED, begun=True, live=True, live_revision=1, rendition={"key": "k.mp4"}
    )
    assert step(live) == plan.Nothing(None)
    assert step(replace(live, revision=2)) == plan.Update(READY, None)
    assert step(replace(live, revision=2, rendition={"key": "older.mp4"})) == plan.Send(READY, None)


def test_a_withdrawal_before_anything_was_sent_needs_no_channel() -> None:
    assert step(replace(ASKED, wanted="withdrawn")) == plan.Forget("withdrawn", "it was withdrawn")
    assert step(replace(ASKED, wanted="withdrawn", begun=True)) == plan.Withdraw(
        "withdrawn", "it was withdrawn"
    )


def test_what_failed_stays_failed_but_goes_when_it_has_to_and_may_be_seen() -> None:
    failed = replace(ASKED, state=State.FAILED, begun=True, live=True, live_revision=1)
    assert step(failed) == plan.Nothing(None)
    assert step(replace(failed, wanted="withdrawn")) == plan.Withdraw("withdrawn", "it was withdrawn")
    assert step(failed, asset=replace(ASSET, status="deleted")) == plan.Withdraw(
        "asset-deleted", "the asset was deleted"
    )
    soon = replace(ASSET, rights={"valid_until": (NOW + timedelta(days=1)).isoformat()})
    assert step(failed, asset=soon) == plan.Nothing(NOW + timedelta(days=1))
    assert isinstance(step(failed, asset=soon, now=NOW + timedelta(days=2)), plan.Withdraw)
    never = replace(ASKED, state=State.FAILED, wanted="withdrawn")
    assert step(never) == plan.Forget("withdrawn", "it was withdrawn")


def test_an_embargo_that_comes_after_publication_takes_it_down_for_the_time_being() -> None:
    asset = replace(ASSET, rights={"embargo_until": (NOW + timedelta(hours=1)).isoformat()})
    live = replace(ASKED, state=State.PUBLISHED, begun=True, live=True, live_revision=1)
    taken = step(live, asset=asset)
    assert isinstance(taken, plan.Withdraw)
    assert taken.again
    assert isinstance(step(asset=asset), plan.Wait)


def test_a_schedule_is_waited_for_unless_the_channel_has_its_own() -> None:
    later = replace(ASKED, publish_at=NOW + timedelta(days=2))
    assert step(later) == plan.Wait(
        "scheduled", f"not before {(NOW + timedelta(days=2)).isoformat()}", NOW + timedelta(days=2)
    )
    assert isinstance(step(later, schedules=timedelta(days=30)), plan.Send)
    assert step(later, schedules=timedelta(days=1)) == plan.Wait(
        "scheduled", f"not before {(NOW + timedelta(days=2)).isoformat()}", NOW + timedelta(days=1)
    )


@pytest.mark.parametrize("status", ["uploading", "processing"])
def test_an_asset_that_is_not_ready_is_waited_for(status: str) -> None:
    assert isinstance(step(asset=replace(ASSET, status=status)), plan.Wait)


@pytest.mark.parametrize("status", ["error", "rejected"])
def test_an_asset_that_never_will_be_ready_fails_it(status: str) -> None:
    assert isinstance(step(asset=replace(ASSET, status=status)), plan.Fail)


def test_a_missing_and_an_expired_rendition_are_ordered_and_a_failed_one_fails() -> None:
    assert isinstance(step(renditions=()), plan.OrderRendition)
    assert isinstance(step(renditions=(replace(READY, status="expired"),)), plan.OrderRendition)
    assert isinstance(step(renditions=(replace(READY, status="failed"),)), plan.Fail)


def test_the_master_itself_can_be_published() -> None:
    asset = replace(ASSET, master_key="masters/a/source.mxf", mime_type="application/mxf", size_bytes=7)
    found = choice.choose("master", asset, (), "archive")
    assert isinstance(found, Rendition)
    assert (found.bucket, found.key) == ("archive", "masters/a/source.mxf")


@given(st.sampled_from(list(State)), st.sampled_from(["live", "withdrawn"]), st.booleans(), st.integers(0, 2),
       st.sampled_from(["ready", "processing", "deleted", "error"]), st.sampled_from([(), (READY,)]))  # fmt: skip
def test_a_decision_exists_for_everything_and_deleted_is_never_sent(
    state: State, wanted: str, begun: bool, live_revision: int, status: str, renditions: Any
) -> None:
    publication = replace(ASKED, state=state, wanted=wanted, begun=begun, live_revision=live_revision)
    found = step(publication, asset=replace(ASSET, status=status), renditions=renditions)
    if wanted == "withdrawn" or status == "deleted":
        assert not isinstance(found, plan.Send | plan.Update | plan.OrderRendition)
    if state is State.FAILED:
        assert isinstance(found, plan.Nothing | plan.Withdraw | plan.Forget)


def test_every_state_is_in_the_table_and_none_leads_nowhere() -> None:
    assert set(TRANSITIONS) == set(State)
    reached = {then for following in TRANSITIONS.values() for then in following}
    assert reached == set(State)
    assert not may_become(State.WITHDRAWN, State.PUBLISHED)


# -- requirements -----------------------------------------------------------------------------------------------------
def test_everything_that_does_not_fit_is_named_at_once() -> None:
    needs = Requirements(mime_types=frozenset({"video/webm"}), most_bytes=10, title_most=3, title_forbids="<", most_duration_s=5,
                         least_aspect=Fraction(9, 16), most_aspect=Fraction(16, 9), video_codecs=frozenset({"h264"}))  # fmt: skip
    wide = replace(READY, detail={"width": 300, "height": 100, "duration_s": 6.0, "video_codec": "av1"})
    found = fitting.faults(needs, ASSET, wide, Texts(title="a <b"))
    assert len(found) == 7
    assert (
        fitting.faults(needs, ASSET, replace(READY, size_bytes=1, mime_type="video/webm"), Texts(title="a"))
        == []
    )


def test_settings_only_tighten() -> None:
    needs = Requirements(most_bytes=100, kinds=frozenset({"video"}))
    assert needs.tightened({"most_bytes": 1000}).most_bytes == 100
    assert needs.tightened({"most_bytes": 10}).most_bytes == 10
    assert needs.tightened({"kinds": ["video", "audio"]}).kinds == {"video"}
    with pytest.raises(ValueError, match="least_fun"):
        needs.tightened({"least_fun": 1})


def test_a_playlist_is_no_single_file() -> None:
    playlist = replace(READY, mime_type="application/vnd.apple.mpegurl")
    assert fitting.faults(Requirements(), ASSET, playlist, Texts())
    assert not fitting.faults(Requirements(single_file=False), ASSET, playlist, Texts())


def test_a_request_overrides_words_and_keeps_options() -> None:
    asked = {"title": "Otro", "privacy": "unlisted"}
    words = texts_of(
        replace(ASSET, metadata={"title": "x", "keywords": ["a", "a", " b "]}), asked, has_thumbnail=False
    )
    assert (words.title, words.tags, dict(words.options)) == ("Otro", ("a", "b"), {"privacy": "unlisted"})


# -- rights -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given_rights", "territories", "allowed"),
    [
        ({}, [], True), ({"hold": True}, [], False), ({"channels": ["cms"]}, [], True), ({"channels": ["web"]}, [], False),
        ({"territories": ["ES", "PT"]}, ["es"], True), ({"territories": ["ES"]}, ["ES", "US"], False), ({"territories": ["ES"]}, [], False),
        ({"valid_until": "2026-11-24T11:59:59+00:00"}, [], False), ({"valid_until": "2026-11-24T13:00:00+01:00"}, [], False),
        ({"valid_from": "2026-11-24T11:00:00Z"}, [], True), ({"embargo_until": "tomorrow"}, [], False), ({"valid_until": "2026-12-01"}, [], False),
    ],
)  # fmt: skip
def test_rights_decide(given_rights: dict[str, Any], territories: list[str], allowed: bool) -> None:
    decision = rights.decide(
        given_rights, channel_id="site", channel_type="cms", territories=territories, now=NOW
    )
    assert decision.allowed is allowed
    assert bool(decision.reasons) is not allowed
    assert not decision.is_only_early


def test_what_is_only_early_says_when() -> None:
    given_rights = {"embargo_until": "2026-11-24T14:00:00+01:00", "valid_from": "2026-11-24T15:00:00+01:00"}
    decision = rights.decide(given_rights, channel_id="site", channel_type="cms", now=NOW)
    assert decision.is_only_early
    assert decision.not_before == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


# -- time -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-03-29T02:30:00", "01:30"),
        ("2026-10-25T02:30:00", "00:30"),
        ("2026-03-29T03:30:00", "01:30"),
        ("2026-07-01T08:00", "06:00"),
    ],
)
def test_a_local_time_is_one_instant_however_the_clocks_go(local: str, utc: str) -> None:
    found = moments.instant({"local": local, "zone": "Europe/Madrid"})
    assert found is not None
    assert found.strftime("%H:%M") == utc


@pytest.mark.parametrize(
    "bad", ["2026-01-01T10:00:00", {"local": "2026-01-01T10:00", "zone": "Europe/Atlantis"}, "x"]
)
def test_a_time_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        moments.instant(bad)


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("2026-11-24T12:00:00+00:00", 20),
        ("2026-03-08T08:30:00+00:00", 22.5),
        ("2026-11-01T07:30:00+00:00", 24.5),
    ],
)
def test_midnight_in_california_is_as_far_as_the_clocks_say(at: str, hours: float) -> None:
    assert quota.until_midnight_s(datetime.fromisoformat(at), "America/Los_Angeles") == hours * 3600


# -- again ------------------------------------------------------------------------------------------------------------
@given(st.integers(1, 40), st.integers())
def test_a_delay_is_never_longer_than_its_doubling_nor_than_five_minutes(failures: int, seed: int) -> None:
    assert 0 <= backoff.delay_s(failures, Random(seed)) <= min(300, 2 ** (failures - 1))


def test_the_breaker_opens_longer_and_longer_and_tries_one_at_a_time() -> None:
    assert [backoff.breaker_s(failures) for failures in (5, 6, 7, 40)] == [15, 30, 60, 600]
    ill = replace(CHANNEL, failures=5, running=1)
    refused = backoff.refusal(ill, NOW)
    assert refused is not None
    assert refused[0] == "channel-busy"
    assert backoff.refusal(replace(ill, running=0), NOW) is None
    opened = backoff.refusal(replace(ill, running=0, open_until=NOW + timedelta(seconds=9)), NOW)
    assert opened == ("channel-down", "the channel does not answer", timedelta(seconds=9))


def test_what_takes_down_goes_also_when_a_channel_is_off_or_full_but_not_when_it_is_down() -> None:
    off = replace(CHANNEL, enabled=False)
    full = replace(CHANNEL, max_concurrent=2, running=2)
    down = replace(CHANNEL, failures=5, open_until=NOW + timedelta(minutes=1))
    for channel, code in ((off, "channel-disabled"), (full, "channel-busy"), (down, "channel-down")):
        refused = backoff.refusal(channel, NOW)
        assert refused is not None
        assert refused[0] == code
    assert backoff.refusal(off, NOW, takes_down=True) is None
    assert backoff.refusal(full, NOW, takes_down=True) is None
    assert backoff.refusal(replace(full, running=3), NOW, takes_down=True) is not None
    assert backoff.refusal(down, NOW, takes_down=True) is not None


def test_every_fault_has_advice_and_every_status_a_meaning() -> None:
    assert all(entry.advice.endswith(".") for entry in faults.TABLE.values())
    for status in [*range(300, 310), *range(400, 452), *range(500, 512)]:
        assert faults.of_status(status, "x").code in faults.TABLE
    assert faults.of_status(429, "x", retry_after="7").after_s == 7
    assert faults.of_status(503, "x", retry_after="7").after_s == 7
    assert faults.of_status(429, "x", retry_after="Tue, 01 Jan 2030").after_s == 60


@pytest.mark.parametrize(
    ("code", "failures", "state"),
    [
        ("channel-error", 0, State.SENDING),
        ("channel-error", 4, State.FAILED),
        ("credentials", 0, State.FAILED),
        ("quota-exhausted", 4, State.WAITING),
    ],
)
def test_a_fault_ends_a_step_as_the_table_says(code: str, failures: int, state: State) -> None:
    publication = replace(ASKED, state=State.SENDING, failures=failures, begun=True)
    now = outcome.as_it_is(publication, {}, 0, begun=True)
    found = outcome.faulty(now, publication, CHANNEL, Fault(code, "x", after_s=9), "send", Random(1))
    assert found.state is state
    assert found.advice
    assert (found.due_s is None) is (state is State.FAILED)
    assert may_become(publication.state, found.state)


def test_bytes_that_got_through_give_the_attempts_back() -> None:
    publication = replace(ASKED, state=State.SENDING, failures=4, begun=True, sent_bytes=100)
    now = outcome.as_it_is(publication, {}, 200, begun=True)
    assert (
        outcome.faulty(now, publication, CHANNEL, Fault("connection-lost", "x"), "send", Random(1)).failures
        == 1
    )


def test_processing_is_looked_at_again_and_live_is_said() -> None:
    publication = replace(ASKED, state=State.SENDING, begun=True, revision=3)
    now = outcome.as_it_is(publication, {"a": 1}, 0, begun=True)
    waits = outcome.received(
        now, publication, Receipt(external_id="x", standing=Standing.PROCESSING, again_s=7), None
    )
    assert (waits.state, waits.due_s, waits.said) == (State.PROCESSING, 7, "")
    live = outcome.received(now, publication, Receipt(external_id="x", session={"b": 2}), 5.0)
    assert (live.state, live.live_revision, live.said, live.due_s, dict(live.session)) == (
        State.PUBLISHED,
        3,
        "published",
        5.0,
        {"a": 1, "b": 2},
    )


# -- the rest ---------------------------------------------------------------------------------------------------------
def test_captions_are_webvtt() -> None:
    segments = [
        {"start_ms": 0, "end_ms": 1500, "text": "a <b> & c"},
        {"start_ms": 3_600_001, "end_ms": 3_600_000, "text": "x"},
        {"start_ms": 1500, "end_ms": 3_661_002, "text": " "},
    ]
    assert "".join(webvtt(segments)) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &lt;b&gt; &amp; c\n\n"
    assert "".join(webvtt([])) == ""


def test_a_rule_wants_only_what_it_says() -> None:
    rule = {"project_id": "news", "enabled": True, "kind": None, "tag": "Pleno"}
    asset = replace(ASSET, metadata={"keywords": ["PLENO"]})
    assert wants(rule, asset)
    for other in (
        replace(asset, status="processing"),
        replace(asset, project_id="x"),
        replace(asset, metadata={}),
    ):
        assert not wants(rule, other)
    assert not wants({**rule, "kind": "audio"}, asset)
    assert not wants({**rule, "enabled": False}, asset)


def test_the_marker_is_short_and_the_same_for_ever() -> None:
    assert ASKED.marker == "acervo-11111111222233334444"
