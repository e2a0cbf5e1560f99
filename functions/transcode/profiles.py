"""Every profile of SPEC 4.3, as data, in this one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: the box (landscape) that the picture is fitted into, and what it may cost."""

    name: str
    width: int
    height: int
    h264_profile: str
    video_kbps: int


@dataclass(frozen=True)
class Mp4:
    """A film as one file: the packets of a rung, copied."""

    profile: str
    rung: str


@dataclass(frozen=True)
class Still:
    """A picture fitted into a box, never enlarged. `quality` is the encoder's own scale."""

    profile: str
    width: int
    height: int
    quality: int


@dataclass(frozen=True)
class Pyramid:
    """A picture in all its sizes, cut into square tiles that overlap a little."""

    profile: str
    tile: int
    overlap: int
    quality: int


@dataclass(frozen=True)
class Level:
    """How loud sound is made: its integrated loudness, the true peak that nothing exceeds, how much louder than it was it may get, and
    by how much peaks may be limited for it. What cannot be reached within that stays below."""

    lufs: float
    peak_dbtp: float
    most_gain_db: float
    most_limited_db: float


@dataclass(frozen=True)
class Sound:
    """An encode of sound; `channels` is the most there may be (None: as in the master), `level` None leaves it as loud as it is."""

    profile: str
    codec: str
    file: str
    mime_type: str
    sample_rate: int
    channels: int | None
    audio_kbps: int | None
    level: Level | None = None


LADDER = (
    Rung("1080p", 1920, 1080, "high", 5000),
    Rung("720p", 1280, 720, "main", 1500),
    Rung("480p", 854, 480, "main", 800),
)
HLS = "hls"
FILES = (Mp4("proxy", "1080p"), Mp4("web", "720p"))
POSTER = Still("poster", 1920, 1080, 85)
EBU_R128 = Level(-23.0, -1.0, 30.0, 6.0)  # EBU R 128, EBU Tech 3343; docs/adr/0012
SOUNDTRACK = Sound(HLS, "aac", "audio.m4s", "audio/mp4", 48_000, 2, 128, EBU_R128)
PREVIEW = Sound("preview", "libmp3lame", "preview.mp3", "audio/mpeg", 48_000, 2, 128, EBU_R128)
BROADCAST = Sound("broadcast", "pcm_s24le", "broadcast.wav", "audio/wav", 48_000, None, None)
PCM_FILE = "broadcast.pcm"  # of a part, without a head
WAVEFORM, WAVEFORM_POINTS_A_S = "waveform", 20
THUMBS = (
    Still("thumb-300", 300, 300, 80),
    Still("thumb-800", 800, 800, 80),
    Still("thumb-1200", 1200, 1200, 80),
)
DISPLAY = Still("display", 2560, 2560, 82)
TILES = Pyramid("tiles", 512, 1, 82)  # on demand only: of pictures that are larger than their display copy
WEBP = {"effort": 4}
# MozJPEG, progressive. Not its search for the best scans: it takes half of the time and gives 3 % (measured).
MOZJPEG = {
    "optimize_coding": True,
    "interlace": True,
    "trellis_quant": True,
    "overshoot_deringing": True,
    "quant_table": 3,
}

# On demand only: (prores_ks's number, sample entry).
PRORES = {
    "prores-proxy": ("0", "apco"),
    "prores-lt": ("1", "apcs"),
    "prores-422": ("2", "apcn"),
    "prores-hq": ("3", "apch"),
}
ORIGINAL = "original"  # a clip in the master's own coding
EDITING_SOUND = Sound("editing", "pcm_s24be", "audio.m4s", "audio/x-aiff", 48_000, None, None)

SEGMENT_S = 2.0
SOUND_RANGE_S = 451.2  # a long film's sound is encoded in parts that begin on a packet, a segment and a point of the waveform at once
RECORDING_RANGE_S = 902.4  # so is a recording's: a packet of MP3 and a point of the waveform at once
CHUNK_MIN_S, CHUNK_MAX_S, CHUNK_TAIL_S = 30.0, 60.0, 10.0

OF_KIND: dict[str, tuple[str, ...]] = {
    "video": (HLS, *(file.profile for file in FILES), POSTER.profile),
    "audio": (PREVIEW.profile, BROADCAST.profile, WAVEFORM),
    "image": (*(thumb.profile for thumb in THUMBS), DISPLAY.profile),
}
