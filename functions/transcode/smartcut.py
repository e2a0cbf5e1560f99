"""Smart cut of H.264: whole groups of pictures are copied, the two at the borders are encoded again. Child side only.

One pass over the clip's bytes, pictures and sound together. The frames that are encoded have a parameter set with a number of their
own, and the file's configuration record holds both: every decoder that knows the standard changes over at the border.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from acervo.errors import Rejected
from functions.transcode import h264, joined, master
from functions.transcode.boxes import AudioFormat, VideoFormat, codec_string
from functions.transcode.encoders import PictureEncoder
from functions.transcode.film import Film, Picture, Timeline
from functions.transcode.ladder import Rung
from functions.transcode.profiles import SOUNDTRACK
from functions.transcode.resample import Resampler
from functions.transcode.samples import PieceWriter
from functions.transcode.segments import Coded, write_segment
from functions.transcode.soundtracks import AacEncoder
from functions.transcode.stitched import AAC_DELAY, Stream

BLOCK = 1 << 20
BEFORE_S = Fraction(1, 2)  # sound may lie a little before its picture in the file
QUALITY = "crf=15"
MAX_GROUP_BYTES = 512 << 20
REORDER_FRAMES = 16  # the most that H.264 holds back
PROFILES = {
    "Constrained Baseline": "baseline", "Baseline": "baseline", "Main": "main", "High": "high", "High 10": "high10",
    "High 4:2:2": "high422", "High 4:4:4 Predictive": "high444",
}  # fmt: skip
Say = Callable[[dict[str, Any]], None]


class NotSmart(Exception):
    """This master's packets cannot be joined to others; why."""


@dataclass
class Group:
    """Packets from one key frame to before the next."""

    packets: list[Any] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def times(self) -> list[int]:
        return [packet.pts for packet in self.packets]


def cut(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """As `cut.cut_clip`.

    Raises:
        NotSmart: it must be encoded again as a whole.
        Rejected: no picture there.
    """
    with master.open_master(arguments["source"], block=BLOCK, ahead=0) as container:
        stream = master.video_stream(container)
        return _Cut(container, stream, arguments, say).run()


class _Cut:
    def __init__(
        self, container: InputContainer, stream: VideoStream, arguments: dict[str, Any], say: Say
    ) -> None:
        context = stream.codec_context
        try:
            self._config = h264.parse_config(bytes(context.extradata or b""))
        except ValueError as fault:
            raise NotSmart("its parameter sets are in the stream") from fault
        if context.profile not in PROFILES or not self._config.sps:
            raise NotSmart(f"its profile ({context.profile}) is unusual")
        self._container, self._stream, self._say = container, stream, say
        self._arguments, self._directory = arguments, Path(arguments["directory"])
        self._base = Fraction(stream.time_base or 1)
        origin = stream.start_time or 0
        forgiven = round(Fraction(1, 1000) / self._base)
        self._begin, self._end = (
            origin + round(Fraction(at, 1000) / self._base) - forgiven for at in arguments["clip"]
        )
        self._first: int | None = None
        self._rotation = 0
        self._copied = self._frames = 0
        self._encoder_id = next(
            number for number in range(h264.MAX_SPS_ID, -1, -1) if number not in self._config.ids
        )
        self._encoded_config: h264.Config | None = None

    def run(self) -> dict[str, Any]:
        sounds = [s for s in self._container.streams.audio if s.codec_context is not None and s.channels]
        master.only(self._container, self._stream, *sounds)
        self._container.seek(max(0, int((self._begin * self._base - BEFORE_S) * 1_000_000)), backward=True)
        with ExitStack() as stack:
            file = stack.enter_context((self._directory / "v.m4s").open("wb"))
            heard = {
                each.index: _Sound(
                    each, stack.enter_context(self._sound_file(number).open("wb")), number, self._base
                )
                for number, each in enumerate(sounds)
            }
            pictures = PieceWriter(file, 1, video=True)
            last = self._begin
            for group in self._groups(sounds, heard):
                last = self._put(pictures, group)
                for sound in heard.values():
                    sound.advance(self._first or 0, last)
            if self._first is None:
                raise Rejected("outside", "the clip begins after the film's last frame")
            stream = self._picture_stream(pictures.close("v/0"))
            streams, files = [stream], {stream.pieces[0].name: self._directory / "v.m4s"}
            for number, sound in enumerate(heard.values()):
                if found := sound.finish(self._first, last):
                    streams.append(found)
                    files[found.pieces[0].name] = self._sound_file(number)
        joined.write(streams, files, self._directory / "clip.mp4")
        detail = {
            "frames": self._frames, "copied_frames": self._copied, "duration_s": round(float((last - self._first) * self._base), 3),
            "width": self._stream.width, "height": self._stream.height, "codecs": ",".join(codec_string(s.format) for s in streams),
        }  # fmt: skip
        return {"file": "clip.mp4", "mime_type": "video/mp4", "detail": detail}

    def _sound_file(self, number: int) -> Path:
        return self._directory / f"a{number}.m4s"

    def _groups(self, sounds: list[Any], heard: dict[int, _Sound]) -> Iterator[Group]:
        """Groups that the clip shows something of; sound goes its own way."""
        group = Group()
        for packet in self._container.demux([self._stream, *sounds]):
            if packet.stream_index != self._stream.index:
                heard[packet.stream_index].push(packet)
                continue
            if packet.pts is None:
                continue
            if packet.is_keyframe and group.packets:
                yield from self._shown(group)
                group = Group()
            if packet.is_keyframe and packet.pts >= self._end:
                return
            if packet.is_keyframe and not h264.is_idr(bytes(packet), self._config.length_bytes):
                raise NotSmart("its groups of pictures look into each other (open GOP)")
            if group.packets or packet.is_keyframe:
                group.packets.append(packet)
                group.size_bytes += packet.size
            if group.size_bytes > MAX_GROUP_BYTES:
                raise NotSmart("its groups of pictures are too long")
        if group.packets:
            yield from self._shown(group)

    def _shown(self, group: Group) -> Iterator[Group]:
        if any(self._begin <= pts < self._end for pts in group.times):
            yield group

    def _put(self, writer: PieceWriter, group: Group) -> int:
        """One group, or what the clip shows of it, as a segment; when its last frame ends (in the master's time)."""
        shown = sorted(pts for pts in group.times if self._begin <= pts < self._end)
        if self._first is None:
            self._first = shown[0]
            self._rotation = next(
                (-round(frame.rotation / 90) * 90 % 360 for frame in self._decoded(group)), 0
            )
        end = self._end_of(group, shown)
        if len(shown) == len(group.packets):
            coded = [
                Coded(self._ticks(packet.pts), self._four(bytes(packet)), packet.is_keyframe)
                for packet in group.packets
            ]
            self._copied += len(coded)
        else:
            coded = self._encoded(group)
        if not coded:
            return end
        self._frames += len(coded)
        write_segment(writer, coded, self._ticks(end), self._delay)
        self._say({"fraction": min(1.0, (end - self._begin) / max(1, self._end - self._begin))})
        return end

    def _end_of(self, group: Group, shown: list[int]) -> int:
        """Where the frame after the last one shown begins; at the end of the film, or of the clip, its own length counts."""
        later = [pts for pts in group.times if pts > shown[-1]]
        if later:
            return min(later)
        last = next(packet for packet in group.packets if packet.pts == shown[-1])
        return int(shown[-1] + (last.duration or self._frame))

    def _encoded(self, group: Group) -> list[Coded]:
        context = self._stream.codec_context
        rung = Rung(
            "border", self._stream.width, self._stream.height, PROFILES[str(context.profile)], 0, ("border",)
        )
        encoder: PictureEncoder | None = None
        coded: list[Coded] = []
        for frame in self._decoded(group):
            if frame.pts is None or not self._begin <= frame.pts < self._end:
                continue
            if frame.interlaced_frame:
                raise NotSmart("its pictures are interlaced")
            first = encoder is None
            if encoder is None:
                encoder = PictureEncoder(
                    rung, self._film(frame), self._arguments["preset"], self._arguments["threads"],
                    more=f"{QUALITY}:sps-id={self._encoder_id}", pixels=frame.format.name, colour=_colour(frame),
                )  # fmt: skip
            frame.pts, frame.time_base = self._ticks(frame.pts), encoder.context.time_base
            frame.pict_type = PictureType.I if first else PictureType.NONE
            coded += [Coded(p.pts or 0, data, p.is_keyframe) for p, data in encoder.encode(frame)]
        if encoder is None:
            return []
        coded += [Coded(p.pts or 0, data, p.is_keyframe) for p, data in encoder.encode(None)]
        config = h264.parse_config(encoder.config)
        if self._encoded_config not in (None, config):
            raise NotSmart("its borders need different settings")
        self._encoded_config = config
        return coded

    def _decoded(self, group: Group) -> Iterator[VideoFrame]:
        context = self._stream.codec_context
        try:
            for packet in group.packets:
                yield from context.decode(packet)
            yield from context.decode(None)
        finally:
            context.flush_buffers()

    def _four(self, sample: bytes) -> bytes:
        """Lengths of four bytes, as the encoder writes them."""
        if self._config.length_bytes == 4:
            return sample
        return h264.join_lengths(list(h264.split_lengths(sample, self._config.length_bytes)))

    def _picture_stream(self, piece: Any) -> Stream:
        own, encoded = self._config, self._encoded_config
        sps, pps = (own.sps, own.pps) if encoded is None else (own.sps + encoded.sps, own.pps + encoded.pps)
        config = h264.build_config(h264.Config(4, sps, pps, own.tail))
        sar = self._stream.sample_aspect_ratio or Fraction(1)
        look = VideoFormat(
            self._stream.width, self._stream.height, self._timescale, config, None, sar=(sar.numerator, sar.denominator),
            rotation=self._rotation,
        )  # fmt: skip
        return Stream("v", look, (piece,), self._delay)

    def _film(self, frame: VideoFrame) -> Film:
        """What the encoder wants to know of a film."""
        timeline = Timeline(
            (self._base.numerator, self._base.denominator), self._first or 0, self._end, self._timescale, self._delay,
            (self._rate.numerator, self._rate.denominator), self._stream.codec_context.has_b_frames,
        )  # fmt: skip
        look = Picture(
            frame.width, frame.height, (1, 1), 0, frame.format.name, False, int(frame.color_primaries), int(frame.color_trc),
            int(frame.colorspace), int(frame.color_range) == 2,
        )  # fmt: skip
        return Film(look, timeline, (), 0)

    @property
    def _rate(self) -> Fraction:
        return Fraction(self._stream.average_rate or 25)

    @property
    def _frame(self) -> int:
        return max(1, round(1 / (self._rate * self._base)))

    @property
    def _timescale(self) -> int:
        return self._base.denominator

    @property
    def _delay(self) -> int:
        return (
            REORDER_FRAMES * self._frame * self._base.numerator
            if self._stream.codec_context.has_b_frames
            else 0
        )

    def _ticks(self, pts: int) -> int:
        return (pts - (self._first or 0)) * self._base.numerator


def _colour(frame: VideoFrame) -> tuple[int, int, int, int]:
    return int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), int(frame.color_range)


class _Sound:
    """One soundtrack of the clip, encoded as AAC; frames wait until the pictures that they go with are there, and no longer."""

    def __init__(self, stream: Any, file: Any, number: int, base: Fraction) -> None:
        self._file, self._number, self._base = file, number, base
        self._language = (stream.language or "und")[:3]
        self._frames: deque[Any] = deque()
        self._encoder: AacEncoder | None = None
        self._resampler: Resampler | None = None

    def push(self, packet: Any) -> None:
        try:
            self._frames += packet.decode()
        except (ValueError, OSError):  # damaged: silence
            return

    def advance(self, first: int, until: int) -> None:
        """The clip begins at `first` and lasts until `until` at least, in the master's time."""
        encoder, resampler = self._begun(first)
        until_s = until * self._base
        while self._frames and self._ends_s(self._frames[0]) <= until_s:
            for resampled in resampler.push(self._frames.popleft()):
                encoder.encode(resampled)

    def finish(self, first: int, last: int) -> Stream | None:
        encoder, resampler = self._begun(first)
        encoder.end_at(round((last - first) * self._base * SOUNDTRACK.sample_rate))
        for frame in [*self._frames, None]:
            for resampled in resampler.push(frame):
                encoder.encode(resampled)
        piece, config = encoder.finish(f"a{self._number}/0")
        if not piece.segments:
            return None
        look = AudioFormat(2, SOUNDTRACK.sample_rate, config, self._language)
        return Stream(f"a{self._number}", look, (piece,), AAC_DELAY)

    @staticmethod
    def _ends_s(frame: Any) -> Fraction:
        """A frame without a time waits for no other."""
        begins_s = Fraction(0) if frame.pts is None else frame.pts * Fraction(frame.time_base)
        return Fraction(begins_s + Fraction(frame.samples, frame.sample_rate))

    def _begun(self, first: int) -> tuple[AacEncoder, Resampler]:
        if self._encoder is None or self._resampler is None:
            film = Film(
                Picture(2, 2, (1, 1), 0, "", False, 2, 2, 2, False),
                Timeline((1, 1), 0, 1, SOUNDTRACK.sample_rate, AAC_DELAY, (25, 1), False),
                (),
                0,
            )
            self._encoder = AacEncoder(film, self._file, "stereo", 0, None, 1)
            self._resampler = Resampler(
                SOUNDTRACK.sample_rate, "fltp", "stereo", self._encoder.frame_size, first * self._base
            )
        return self._encoder, self._resampler
