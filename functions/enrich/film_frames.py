"""In the sandbox: the frames of a part of a film that models should see, as JPEG files, and its shots, each with a small picture.

Read by ranged GETs, one frame in memory at a time. Key frames alone are decoded where they come often enough: encoders put one on a cut.
Otherwise all frames are, and a few a second are looked at. What cannot be decoded is skipped and counted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from acervo.errors import Rejected
from functions.enrich import opened, phash
from functions.enrich.choosing import THUMB_HEIGHT, THUMB_WIDTH, Chooser, Look
from functions.enrich.opened import File
from functions.enrich.stills import save_frame, save_storyboard

LOOK_MS = 200  # frames closer together are not looked at
MOST_KEY_GAP_MS = 2_100  # key frames further apart miss cuts
BACK_OFF_S = (0, 2, 8, 32)  # MPEG-TS lands late: the seek is repeated further back
MAX_FAULTS = 5_000
SAY_EVERY_MS = 5_000
Say = Callable[[dict[str, Any]], None]


def choose(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write `{at_ms}.jpg` and `{start_ms}.webp` into `directory`.

    Args:
        arguments: `url`, `size`, `etag`, perhaps `clock`; `start_ms`, `end_ms` (null: to the end); `directory`; `most_frames`, `most_shots`; `threads`.

    Returns:
        `frames`: [{at_ms, until_ms, file}]; `shots`: [{start_ms, end_ms, hash, file}]; `first`, `last`: thumbs of the first and last
        frame looked at (null: there is none); `faults`; `dense`: whether all frames were decoded.

    Raises:
        Rejected: there are no pictures that can be decoded.
    """
    with opened.open_file(arguments) as file:
        try:
            zero_s = opened.find_zero_s(file)
            part = _Part(arguments, zero_s, say)
            if not part.read(file, keys_only=True):
                part = _Part(arguments, zero_s, say)
                part.read(file, keys_only=False)
        except av.error.FFmpegError as fault:
            raise Rejected("pictures-unreadable", "the pictures of this film cannot be decoded") from fault
    return part.result()


class _Part:
    """One pass over a part."""

    def __init__(self, arguments: dict[str, Any], zero_s: float, say: Say) -> None:
        self._directory, self._zero_s, self._say = Path(arguments["directory"]), zero_s, say
        self._start_ms, self._end_ms = int(arguments["start_ms"]), arguments["end_ms"]
        self._threads = int(arguments["threads"])
        self._bounds = int(arguments["most_frames"]), int(arguments["most_shots"])
        self._chooser = Chooser(self._start_ms, 0, *self._bounds)
        self._frames: list[dict[str, Any]] = []
        self._shots: list[dict[str, Any]] = []
        self._first: Look | None = None
        self._last: Look | None = None
        self._until_ms = self._start_ms
        self._faults, self._dense = 0, False

    def read(self, file: File, keys_only: bool) -> bool:
        """Whether the key frames were close enough together (always true when all frames are read)."""
        self._dense = not keys_only
        with opened.open_container(file) as container:
            stream = opened.find_picture(container)
            if stream is None or stream.codec_context is None:
                raise Rejected("no-pictures", "this film has no pictures that can be decoded")
            for other in container.streams:
                if other.index != stream.index:
                    other.discard = av.stream.Discard.all
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = self._threads
            end_ms = self._end_ms or round(((container.duration or 0) / av.time_base) * 1000)
            self._chooser = Chooser(self._start_ms, end_ms - self._start_ms, *self._bounds)
            if keys_only:
                stream.codec_context.skip_frame = "NONKEY"
            before_ms: int | None = None
            for at_ms, frame in self._timed(container, stream):
                if before_ms is not None and keys_only and at_ms - before_ms > MOST_KEY_GAP_MS:
                    return False
                before_ms = at_ms
                if at_ms < self._start_ms:
                    continue
                if self._end_ms is not None and at_ms >= self._end_ms:
                    break
                self._look(at_ms, frame)
            if keys_only and end_ms - (before_ms or 0) > MOST_KEY_GAP_MS:
                return False  # one key frame and nothing after it
            self._until_ms = max(self._until_ms, min(end_ms, self._until_ms + MOST_KEY_GAP_MS))
        return True

    def _timed(self, container: Any, stream: Any) -> Iterator[tuple[int, Any]]:
        """Frames from one at or before the start on, with their time on the asset's clock."""
        start_s, zero_s = self._start_ms / 1000, self._zero_s
        for back_s in BACK_OFF_S:
            self._seek(container, stream, max(0.0, start_s - back_s) + zero_s)
            frames = self._decoded(container, stream)
            first = next(frames, None)
            if first is None:
                if self._start_ms == 0:
                    return
                continue
            at_ms = _at_ms(first, zero_s)
            if at_ms is None or at_ms <= self._start_ms or start_s - back_s <= 0:
                break
        else:
            return
        if first is None:
            return
        yield max(0, at_ms or 0), first
        last_ms = at_ms or 0
        for frame in frames:
            at_ms = _at_ms(frame, zero_s)
            if at_ms is not None and at_ms > last_ms:
                last_ms = at_ms
                yield max(0, at_ms), frame

    def _seek(self, container: Any, stream: Any, at_s: float) -> None:
        try:
            container.seek(round(at_s / stream.time_base), backward=True, stream=stream)
        except (
            av.error.FFmpegError
        ):  # not seekable: decoded from the start, frames are placed by time all the same
            self._faults += 1
        stream.codec_context.flush_buffers()

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError as fault:
                self._faults += 1
                if self._faults > MAX_FAULTS:
                    raise Rejected("pictures-unreadable", "too much of this film is damaged") from fault
                packets = container.demux(stream)

    def _look(self, at_ms: int, frame: Any) -> None:
        self._until_ms = at_ms + round(1000 * float(frame.duration or 0) * float(frame.time_base or 0))
        if self._last is not None and at_ms - self._last.at_ms < LOOK_MS:
            return
        thumb = frame.reformat(THUMB_WIDTH, THUMB_HEIGHT, "rgb24", interpolation="AREA").to_ndarray()
        grey = frame.reformat(phash.SIDE, phash.SIDE, "gray", interpolation="AREA").to_ndarray()
        look = Look(at_ms, thumb, phash.hash_of(grey))
        choice = self._chooser.push(look)
        if choice.cut:
            file = f"{at_ms}.webp"
            save_storyboard(frame, self._directory / file)
            self._shots.append({"start_ms": at_ms, "hash": look.hash, "file": file})
        if choice.keep:
            file = f"{at_ms}.jpg"
            save_frame(frame, self._directory / file)
            self._frames.append({"at_ms": at_ms, "file": file})
            self._report(at_ms)
        self._first = self._first or look
        self._last = look

    def _report(self, at_ms: int) -> None:
        before_ms = self._frames[-2]["at_ms"] if len(self._frames) > 1 else self._start_ms
        if at_ms // SAY_EVERY_MS != before_ms // SAY_EVERY_MS:
            self._say({"at_ms": at_ms})

    def result(self) -> dict[str, Any]:
        if self._first is None and self._start_ms == 0:
            raise Rejected("pictures-unreadable", "no picture of this film can be decoded")
        if self._frames and self._start_ms == 0:
            self._frames[0]["at_ms"] = self._shots[0]["start_ms"] = 0  # a film begins when it begins
        for items, begins, ends in (
            (self._frames, "at_ms", "until_ms"),
            (self._shots, "start_ms", "end_ms"),
        ):
            for item, following in zip(items, [*items[1:], None], strict=True):
                item[ends] = max(item[begins] + 1, self._until_ms if following is None else following[begins])
        return {
            "frames": self._frames, "shots": self._shots, "faults": self._faults, "dense": self._dense,
            "first": _packed(self._first), "last": _packed(self._last),
        }  # fmt: skip


def _at_ms(frame: Any, zero_s: float) -> int | None:
    return None if frame.time is None else round((frame.time - zero_s) * 1000)


def _packed(look: Look | None) -> str | None:
    return None if look is None else base64.b64encode(np.ascontiguousarray(look.thumb).tobytes()).decode()
