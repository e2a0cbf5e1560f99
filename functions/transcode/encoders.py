"""Which encoder and decoder do the work, and how they are set: x264, NVIDIA's H.264 or ProRes. Child side only."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

import av
from av.codec.context import Flags
from av.codec.hwaccel import HWAccel
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from acervo.errors import Permanent
from functions.transcode import h264
from functions.transcode.film import Film
from functions.transcode.filters import output_colour
from functions.transcode.ladder import (
    PRORES,
    Rung,
    build_nvenc_options,
    build_prores_options,
    build_x264_options,
)

NVENC, CUDA = "h264_nvenc", "cuda"
PIXELS = {PRORES: "yuv422p10le"}
LIMITED_RANGE = 1


class PictureEncoder:
    """One rung's encoder. Packets come as MP4 has them: NAL units after their lengths, parameter sets in `config`.

    Several x264 threads work on slices of one picture (PyAV's choice), which costs 0.003 of SSIM at the ladder's rates; on several pictures
    they would cost nothing, but then x264 keeps to the peak rate by how far the other threads are, and no encode is like another (measured).
    One thread has neither fault.
    """

    def __init__(
        self,
        rung: Rung,
        film: Film,
        preset: str,
        threads: int,
        hardware: bool = False,
        more: str = "",
        pixels: str = "",
        colour: tuple[int, int, int, int] | None = None,
    ) -> None:
        name = NVENC if hardware and not rung.intra else rung.codec
        self._byte_stream = name == NVENC
        try:
            context = cast(VideoCodecContext, VideoCodecContext.create(name, "w"))
        except av.codec.codec.UnknownCodecError as fault:
            raise no_gpu("this build of FFmpeg has no NVENC") from fault
        context.width, context.height, context.pix_fmt = rung.width, rung.height, pixels or pixels_of(rung)
        context.time_base = Fraction(1, film.timeline.timescale)
        context.framerate = film.timeline.fps
        context.thread_count = threads
        seen = colour or (*output_colour(film.picture), LIMITED_RANGE)
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = seen
        context.flags |= Flags.global_header
        if rung.intra:
            context.options = build_prores_options(rung)
        elif hardware:
            context.options = build_nvenc_options(rung, film.timeline.reorder)
        else:
            context.options = build_x264_options(rung, preset, film.timeline.reorder, more)
        if hardware and not rung.intra:
            try:
                context.open()
            except av.FFmpegError as fault:
                raise no_gpu(
                    "NVENC does not open: no NVIDIA GPU, none with an encoder, or no driver"
                ) from fault
        self.context = context

    def encode(self, picture: Any) -> list[tuple[Packet[Any], bytes]]:
        """Packets with their bytes; None flushes."""
        return [(packet, self._bytes(packet)) for packet in self.context.encode(picture)]

    def _bytes(self, packet: Packet[Any]) -> bytes:
        data = bytes(packet)
        if not self._byte_stream:
            return data
        nals = h264.split_start_codes(data)
        return h264.join_lengths(
            [n for n in nals if h264.nal_type(n) not in (h264.SPS, h264.PPS, h264.DELIMITER)]
        )

    @property
    def config(self) -> bytes:
        """The decoder's configuration record; empty for ProRes."""
        data = bytes(self.context.extradata or b"")
        return h264.build_config(h264.from_byte_stream(data)) if self._byte_stream else data


def pixels_of(rung: Rung) -> str:
    return PIXELS.get(rung.codec, "yuv420p")


def accelerated(arguments: Mapping[str, Any]) -> HWAccel | None:
    """The decoder's hardware, when the configuration wants some.

    Raises:
        Permanent: it is not there.
    """
    if arguments.get("decoder", "cpu") != "nvdec":
        return None
    try:
        return HWAccel(device_type=CUDA, allow_software_fallback=True)
    except (av.FFmpegError, ValueError, RuntimeError) as fault:
        raise no_gpu("NVDEC does not open: no NVIDIA GPU, or no driver") from fault


def no_gpu(what: str) -> Permanent:
    return Permanent(
        "no-gpu", f"{what}. TRANSCODE_ENCODER=nvenc and TRANSCODE_DECODER=nvdec are for nodes with an NVIDIA GPU: see knative/overlays/gpu"
    )  # fmt: skip
