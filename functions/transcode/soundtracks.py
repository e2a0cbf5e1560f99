"""A film's soundtracks as AAC fragments: each one encoded in one go beside the pictures' chunks, so that there is no seam to hear.
Child side only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.packet import Packet

from functions.transcode import master
from functions.transcode.film import Film, parse_film
from functions.transcode.fragments import Sample
from functions.transcode.profiles import SEGMENT_S, SOUNDTRACK
from functions.transcode.resample import Resampler, decode
from functions.transcode.samples import Piece, PieceWriter
from functions.transcode.waveform import Peaks


class AacEncoder:
    """AAC packets into a piece, about two seconds a segment."""

    def __init__(self, film: Film, file: BinaryIO, layout: str) -> None:
        rate = SOUNDTRACK.sample_rate
        context = AudioCodecContext.create("aac", "w")
        context.sample_rate, context.layout, context.format = rate, layout, "fltp"
        context.bit_rate = (SOUNDTRACK.audio_kbps or 128) * 1000
        context.time_base = Fraction(1, rate)
        context.flags |= Flags.global_header
        context.open()
        self.frame_size = context.frame_size
        self._context = context
        self._writer = PieceWriter(file, 1, video=False)
        self._waiting: list[Packet[Any]] = []
        self._a_segment = max(1, round(SEGMENT_S * rate / self.frame_size))
        delay = Fraction(film.timeline.delay, film.timeline.timescale)
        self._shift = round(delay * rate)

    def encode(self, frame: AudioFrame | None) -> None:
        for packet in self._context.encode(frame):
            self._waiting.append(packet)
            if len(self._waiting) == self._a_segment:
                self._write()

    def finish(self, stem: str) -> tuple[Piece, bytes]:
        self.encode(None)
        self._write()
        return self._writer.close(stem), bytes(self._context.extradata or b"")

    def _write(self) -> None:
        if not self._waiting:
            return
        start = (self._waiting[0].pts or 0) + self._shift
        samples = [Sample(packet.size, self.frame_size) for packet in self._waiting]
        self._writer.add(start, samples, [bytes(packet) for packet in self._waiting])
        self._waiting = []


def encode_soundtracks(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `a{n}.m4s` for each soundtrack and `waveform.json` (of the first) into `directory`.

    Args:
        arguments: source, film, directory.

    Returns:
        tracks: for each one its piece, AudioSpecificConfig (hex), language, title, and channels; empty when there is no sound.
    """
    film = parse_film(arguments["film"])
    directory = Path(arguments["directory"])
    origin_s = film.timeline.origin * film.timeline.time_base
    peaks = Peaks(SOUNDTRACK.sample_rate)
    with master.open_master(arguments["source"], ahead=2) as container:
        streams = [
            stream
            for stream in container.streams.audio
            if stream.index in {track.stream for track in film.soundtracks}
        ]
        files = [(directory / f"a{number}.m4s").open("wb") for number in range(len(streams))]
        try:
            encoders = {
                stream.index: AacEncoder(film, file, "stereo")
                for stream, file in zip(streams, files, strict=True)
            }
            resamplers = {
                index: Resampler(SOUNDTRACK.sample_rate, "fltp", "stereo", encoder.frame_size, origin_s)
                for index, encoder in encoders.items()
            }
            first = streams[0].index
            for index, frame in decode(container, streams, film.timeline.duration_s, float(origin_s), say):
                for resampled in resamplers[index].push(frame):
                    if index == first:
                        peaks.add(resampled.to_ndarray())
                    encoders[index].encode(resampled)
            finished = {
                index: encoder.finish(f"a{number}/audio")
                for number, (index, encoder) in enumerate(encoders.items())
            }
        finally:
            for file in files:
                file.close()
    (directory / "waveform.json").write_text(json.dumps(peaks.to_json(), separators=(",", ":")))
    tracks = [
        {
            "piece": finished[track.stream][0].to_json(), "config": finished[track.stream][1].hex(), "channels": 2,
            "frame": encoders[track.stream].frame_size, "language": track.language, "title": track.title,
        }
        for track in film.soundtracks if finished[track.stream][0].segments
    ]  # fmt: skip
    return {"tracks": tracks}
