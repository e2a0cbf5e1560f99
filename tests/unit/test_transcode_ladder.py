"""The ladder: sizes, rungs and encoder settings, without a film."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.transcode.film import Picture
from functions.transcode.filters import output_colour, plan_filters
from functions.transcode.ladder import Rung, build_ladder, build_x264_options, display_size, fit, rung_of
from functions.transcode.profiles import FILES, LADDER, OF_KIND

HD = Picture(1920, 1080, (1, 1), 0, "yuv420p", False, 1, 1, 1, False)


def sizes(picture: Picture) -> list[tuple[int, int]]:
    return [(rung.width, rung.height) for rung in build_ladder(picture)]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (HD, [(1920, 1080), (1280, 720), (854, 480)]),
        (replace(HD, width=3840, height=2160), [(1920, 1080), (1280, 720), (854, 480)]),
        (replace(HD, width=1080, height=1920), [(1080, 1920), (720, 1280), (480, 854)]),
        (replace(HD, rotation=90), [(1080, 1920), (720, 1280), (480, 854)]),
        (replace(HD, width=1920, height=804), [(1920, 804), (1280, 536), (854, 358)]),
        (replace(HD, width=720, height=576, sar=(64, 45)), [(1024, 576), (1024, 576), (854, 480)]),
        (replace(HD, width=641, height=273), [(640, 272), (640, 272)]),
        (replace(HD, width=1280, height=720), [(1280, 720), (1280, 720), (854, 480)]),
        (replace(HD, width=1, height=1), [(2, 2), (2, 2)]),
    ],
    ids=["hd", "4k", "portrait", "rotated", "scope", "anamorphic", "odd", "720p", "dot"],
)
def test_rungs_fit_the_source(picture: Picture, expected: list[tuple[int, int]]) -> None:
    assert sizes(picture) == expected


def test_full_hd_gets_the_bitrates_and_profiles_of_the_specification() -> None:
    assert [(rung.h264_profile, rung.video_kbps) for rung in build_ladder(HD)] == [
        ("high", 5000),
        ("main", 1500),
        ("main", 800),
    ]


@given(
    st.builds(
        Picture,
        width=st.integers(2, 8192), height=st.integers(2, 8192), sar=st.sampled_from([(1, 1), (64, 45), (16, 15), (4, 3), (0, 1)]),
        rotation=st.sampled_from([0, 90, 180, 270]), pixel_format=st.just("yuv420p"), interlaced=st.booleans(),
        primaries=st.just(1), transfer=st.just(1), matrix=st.just(1), full_range=st.just(False),
    )
)  # fmt: skip
def test_no_rung_is_ever_larger_than_the_source_or_bent_or_odd(picture: Picture) -> None:
    width, height = display_size(picture)
    rungs = build_ladder(picture)
    assert len({rung.name for rung in rungs}) == len(rungs), "rungs are stored under their names"
    for rung in rungs:
        assert rung.width <= max(2, width)
        assert rung.height <= max(2, height)
        assert rung.width % 2 == rung.height % 2 == 0
        if min(rung.width, rung.height) > 2:
            assert abs(rung.width * height - rung.height * width) <= 2 * (width + height), (
                "the shape is kept to a pixel"
            )
    for file in FILES:
        assert rung_of(rungs, file.rung)
    assert {step for rung in rungs for step in rung.steps} == {step.name for step in LADDER}


def test_encoder_settings_of_the_best_rung() -> None:
    rung = build_ladder(HD)[0]
    assert rung == Rung("1920x1080-high", 1920, 1080, "high", 5000, ("1080p",))
    assert build_x264_options(rung, "veryfast", reorder=True) == {
        "preset": "veryfast",
        "profile": "high",
        "forced-idr": "1",
        "b": "5000k",
        "maxrate": "7500k",
        "bufsize": "10000k",
        "x264-params": "annexb=0:keyint=infinite:scenecut=0:open-gop=0:stitchable=1",
    }


def test_a_slide_show_is_encoded_without_reordering() -> None:
    assert build_x264_options(build_ladder(HD)[2], "medium", reorder=False)["x264-params"].endswith(
        ":bframes=0"
    )


def test_still_pictures_fit_their_box_either_way_round() -> None:
    assert fit(4000, 3000, 1920, 1080) == (1440, 1080)
    assert fit(3000, 4000, 1920, 1080) == (1080, 1440)


def test_hdr_becomes_bt709_and_unmarked_sd_is_taken_for_bt601() -> None:
    assert output_colour(replace(HD, transfer=16, primaries=9, matrix=9)) == (1, 1, 1)
    assert output_colour(replace(HD, height=576, primaries=2, transfer=2, matrix=2)) == (5, 1, 5)
    assert output_colour(replace(HD, primaries=2, transfer=2, matrix=2)) == (1, 1, 1)


def test_interlaced_pictures_are_mended_before_they_are_turned() -> None:
    filters = plan_filters(replace(HD, interlaced=True, rotation=90), None)
    assert [text.partition("=")[0] for text in filters] == ["bwdif", "transpose"]


def test_every_profile_of_the_specification_is_there() -> None:
    assert OF_KIND == {
        "video": ("hls", "proxy", "web", "poster"),
        "audio": ("preview", "broadcast", "waveform"),
        "image": ("thumb-300", "thumb-800", "thumb-1200", "display"),
    }
