"""Which frames of a film are worth a model's time: the first of each shot, then one whenever something changed and SAMPLE_MS have gone by. Pure.

Frames are compared as THUMB pictures. A cut is a jump of the whole picture and of its colours. "The same picture" is judged block by block
as well as by perceptual hash: a lower third that comes up changes a few blocks and hardly a bit of the hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from functions.enrich import phash

THUMB_WIDTH, THUMB_HEIGHT = 64, 36
BLOCK_WIDTH, BLOCK_HEIGHT = 4, 3
SAMPLE_MS = 2_000
MIN_SHOT_MS = 400  # a flash is no shot
# Change of pixels and of colours, 0 … 1; one pair is enough. Chosen on real films at five looks a second: a car that drives through a
# picture changes as many pixels as a cut, but not its colours.
CUTS = ((0.10, 0.22), (0.18, 0.15), (0.28, 0.0))
# Of 255: the most that a block's mean may differ; so little that the hash need not be asked.
SAME_BLOCK, SAME_ALL = 8.0, 3.0
SAME_BITS = 16
HEAD_START = 3  # frames that a film may have ahead of its pace
Thumb = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Look:
    """A frame as it is compared: `thumb` is THUMB_HEIGHT × THUMB_WIDTH × 3, `hash` perceptual."""

    at_ms: int
    thumb: Thumb
    hash: str


@dataclass(frozen=True)
class Choice:
    cut: bool  # a shot begins with this frame
    keep: bool  # a model should see it


def is_cut(a: Thumb, b: Thumb) -> bool:
    """Whether a shot ends between two neighbouring frames."""
    pixels = float(np.abs(a.astype(np.int16) - b).mean()) / 255
    if pixels < CUTS[0][0]:
        return False
    colours = _colours_apart(a, b)
    return any(pixels >= least and colours >= least_colours for least, least_colours in CUTS)


def _colours_apart(a: Thumb, b: Thumb) -> float:
    """0 … 1: how much of the histograms (8 bins a channel) does not overlap."""
    apart = 0.0
    for channel in range(3):
        first = np.bincount(a[..., channel].ravel() >> 5, minlength=8)
        second = np.bincount(b[..., channel].ravel() >> 5, minlength=8)
        apart += float(np.abs(first - second).sum()) / (2 * first.sum())
    return apart / 3


def looks_same(a: Look, b: Look) -> bool:
    """Whether a model would find the same in both."""
    change = a.thumb.astype(np.int16) - b.thumb  # signed: grain cancels out within a block
    blocks = change.reshape(
        THUMB_HEIGHT // BLOCK_HEIGHT, BLOCK_HEIGHT, THUMB_WIDTH // BLOCK_WIDTH, BLOCK_WIDTH, 3
    )
    most = float(np.abs(blocks.mean(axis=(1, 3))).max())
    return most < SAME_ALL or (most < SAME_BLOCK and phash.distance(a.hash, b.hash) <= SAME_BITS)


class Chooser:
    """Looks at the frames of one part of a film in order.

    Args:
        length_ms: of the part; with `most_frames` it sets the pace, so that a restless beginning leaves frames for the rest.
        most_frames, most_shots: bounds on what is kept.
    """

    def __init__(self, start_ms: int, length_ms: int, most_frames: int, most_shots: int) -> None:
        self._start_ms, self._length_ms = start_ms, max(1, length_ms)
        self._most_frames, self._most_shots = most_frames, most_shots
        self._before: Look | None = None
        self._kept: Look | None = None
        self._shot_ms = start_ms
        self._frames = self._shots = 0

    def push(self, look: Look) -> Choice:
        cut = self._begins_shot(look)
        if cut:
            self._shot_ms, self._shots = look.at_ms, self._shots + 1
        keep = self._is_wanted(look, cut)
        if keep:
            self._kept, self._frames = look, self._frames + 1
        self._before = look
        return Choice(cut, keep)

    def _begins_shot(self, look: Look) -> bool:
        if self._before is None:
            return True
        if look.at_ms - self._shot_ms < MIN_SHOT_MS or self._shots >= self._most_shots:
            return False
        return is_cut(self._before.thumb, look.thumb)

    def _is_wanted(self, look: Look, cut: bool) -> bool:
        if self._kept is None:
            return True
        elapsed = (look.at_ms - self._start_ms) / self._length_ms
        pace = HEAD_START + max(0, self._most_frames - HEAD_START) * elapsed
        if self._frames >= min(self._most_frames, pace):
            return False
        if cut:
            return True
        return look.at_ms - self._kept.at_ms >= SAMPLE_MS and not looks_same(self._kept, look)
