"""Which frames are chosen: cuts, a steady sample, nothing twice, a lower third not missed, a restless film not too much."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from functions.enrich import phash
from functions.enrich.choosing import (
    MIN_SHOT_MS,
    SAMPLE_MS,
    THUMB_HEIGHT,
    THUMB_WIDTH,
    Chooser,
    Look,
    Thumb,
    is_cut,
    looks_same,
)


def scene(seed: int) -> Thumb:
    """A picture of soft colours that are this scene's own."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3))
    made: Thumb = np.kron(coarse, np.ones((6, 8, 1))).astype(np.uint8)
    return made


def look(at_ms: int, thumb: Thumb) -> Look:
    grey = thumb.mean(axis=2)[:32, :32].astype(np.uint8)
    return Look(at_ms, thumb, phash.hash_of(grey))


def noisy(thumb: Thumb, seed: int, by: int = 3) -> Thumb:
    noise = np.random.default_rng(seed).integers(-by, by + 1, thumb.shape)
    made: Thumb = np.clip(thumb.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return made


def with_lower_third(thumb: Thumb) -> Thumb:
    made = thumb.copy()
    made[THUMB_HEIGHT - 6 : THUMB_HEIGHT - 3, 6 : THUMB_WIDTH // 2] = (250, 250, 250)
    return made


def choose(looks: list[Look], most_frames: int = 300, most_shots: int = 300) -> tuple[list[int], list[int]]:
    """(times of cuts, times of kept frames)"""
    chooser = Chooser(looks[0].at_ms, looks[-1].at_ms - looks[0].at_ms, most_frames, most_shots)
    choices = [(one.at_ms, chooser.push(one)) for one in looks]
    return [at for at, c in choices if c.cut], [at for at, c in choices if c.keep]


def test_a_shot_begins_where_the_picture_jumps_and_its_first_frame_is_kept() -> None:
    looks = [look(at, noisy(scene(at // 3_000), at)) for at in range(0, 9_000, 200)]
    cuts, kept = choose(looks)
    assert cuts == [0, 3_000, 6_000]
    assert set(cuts) <= set(kept)


def test_a_picture_that_stands_still_is_kept_once_however_long() -> None:
    looks = [look(at, noisy(scene(1), at)) for at in range(0, 60_000, 200)]
    assert choose(looks) == ([0], [0])


def test_a_lower_third_that_comes_and_goes_is_seen() -> None:
    looks = []
    for at in range(0, 20_000, 200):
        thumb = noisy(scene(1), at)
        looks.append(look(at, with_lower_third(thumb) if 7_000 <= at < 12_000 else thumb))
    assert choose(looks) == ([0], [0, 7_000, 12_000])


def test_what_moves_is_sampled_steadily() -> None:
    wide = np.tile(scene(1), (1, 4, 1))
    looks = [look(at, wide[:, at // 200 : at // 200 + THUMB_WIDTH]) for at in range(0, 20_000, 200)]
    cuts, kept = choose(looks)
    assert cuts == [0]
    assert {b - a for a, b in pairwise(kept)} == {SAMPLE_MS}


def test_a_flash_is_no_shot() -> None:
    looks = [look(at, scene(9 if at == 2_000 else 1)) for at in range(0, 6_000, 200)]
    cuts, _ = choose(looks)
    assert all(b - a >= MIN_SHOT_MS for a, b in pairwise(cuts))


def test_a_restless_film_is_kept_to_its_pace_until_the_end() -> None:
    looks = [look(at, scene(at)) for at in range(0, 60_000, 400)]
    cuts, kept = choose(looks, most_frames=20, most_shots=40)
    assert len(kept) <= 20
    assert len(cuts) <= 41
    assert kept[-1] > 50_000, "nothing was left for the end"


def test_colours_that_stay_make_a_fast_pan_no_cut() -> None:
    a = scene(1)
    assert not is_cut(a, np.roll(a, 1, axis=1))
    assert is_cut(scene(1), scene(2))
    assert not is_cut(a, noisy(a, 1, 20))


def test_grain_is_the_same_picture_and_a_caption_is_not() -> None:
    a = look(0, scene(1))
    assert looks_same(a, look(1, noisy(scene(1), 2)))
    assert not looks_same(a, look(1, with_lower_third(scene(1))))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_are_the_same(level: int) -> None:
    flat = np.full((THUMB_HEIGHT, THUMB_WIDTH, 3), level, np.uint8)
    assert looks_same(look(0, flat), look(1, noisy(flat, 1, 2)))


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_picture_with_nothing_in_it_has_the_hash_that_is_like_nothing(level: int) -> None:
    flat = np.full((phash.SIDE, phash.SIDE, 3), level, np.uint8)
    assert phash.hash_of(flat[:, :, 0]) == phash.FLAT
    assert phash.hash_of(noisy(flat, 1, 2)[:, :, 0]) == phash.FLAT
    faint = flat[:, :, 0].astype(np.int64)
    faint[: phash.SIDE // 2, : phash.SIDE // 2] += (
        4 if level < 200 else -4
    )  # two shades that an eye tells apart
    assert phash.hash_of(faint.astype(np.uint8)) != phash.FLAT


def test_a_perceptual_hash_survives_scaling_and_tells_pictures_apart() -> None:
    base = np.kron(np.random.default_rng(3).integers(0, 256, (8, 8)), np.ones((4, 4))).astype(np.uint8)
    other = np.kron(np.random.default_rng(4).integers(0, 256, (8, 8)), np.ones((4, 4))).astype(np.uint8)
    graded = np.clip(base.astype(np.float64) * 0.8 + 20, 0, 255).astype(np.uint8)
    assert phash.distance(phash.hash_of(base), phash.hash_of(graded)) <= 2
    assert phash.distance(phash.hash_of(base), phash.hash_of(other)) > 16
    assert len(phash.hash_of(base)) == phash.BITS
