"""HLS playlists, to the letter."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

from functions.transcode.mpd import NAMESPACE, Representation, build_mpd
from functions.transcode.playlist import (
    AudioRendition,
    Part,
    Variant,
    average_bandwidth,
    build_master,
    build_media,
    peak_bandwidth,
    target_duration,
)

PARTS = [
    Part("v/000000.m4s", 0, 1000, Fraction(2)),
    Part("v/000000.m4s", 1000, 4000, Fraction(2)),
    Part("v/000001.m4s", 0, 100, Fraction(1, 2)),
]


def test_a_media_playlist_names_byte_ranges_of_pieces() -> None:
    assert build_media(PARTS, "v/init.mp4") == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        '#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI="v/init.mp4"\n'
        "#EXTINF:2.000000,\n#EXT-X-BYTERANGE:1000@0\nv/000000.m4s\n"
        "#EXTINF:2.000000,\n#EXT-X-BYTERANGE:4000@1000\nv/000000.m4s\n"
        "#EXTINF:0.500000,\n#EXT-X-BYTERANGE:100@0\nv/000001.m4s\n#EXT-X-ENDLIST\n"
    )


def test_a_master_playlist_says_what_players_choose_by() -> None:
    variants = [
        Variant(
            "v.m3u8", 6_000_000, 5_000_000, ("avc1.640028", "mp4a.40.2"), 1920, 1080, Fraction(30000, 1001)
        )
    ]
    audio = [
        AudioRendition("a0.m3u8", 'VO "original"', "spa", 2, True),
        AudioRendition("a1.m3u8", "eng", "eng", 2, False),
    ]
    assert build_master(variants, audio) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="VO  original ",LANGUAGE="spa",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0.m3u8"\n'
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="eng",LANGUAGE="eng",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="a1.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=6000000,AVERAGE-BANDWIDTH=5000000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,'
        'FRAME-RATE=29.970,AUDIO="audio"\nv.m3u8\n'
    )


def test_bandwidths_are_measured() -> None:
    assert average_bandwidth(PARTS) == round(5100 * 8 / 4.5)
    assert peak_bandwidth(PARTS) == 4000 * 8 / 2


def test_the_peak_is_never_below_the_average() -> None:
    film = [Part("v", 0, 10, Fraction(1, 10))]
    assert peak_bandwidth(film) == average_bandwidth(film) == 800


def test_the_target_duration_covers_every_rounded_segment() -> None:
    assert target_duration([Part("v", 0, 1, Fraction(5, 2))]) == 3
    assert target_duration([Part("v", 0, 1, Fraction(2002, 1000))]) == 2


def test_a_dash_manifest_names_the_same_ranges_at_their_times() -> None:
    picture = Representation(
        "v",
        "v/init.mp4",
        "avc1.640028",
        12800,
        1024,
        PARTS,
        [1024, 26624, 52224],
        16_000,
        1280,
        720,
        Fraction(25),
    )
    sound = Representation("a0", "a0/init.mp4", "mp4a.40.2", 48000, 3840, PARTS[:1], [2816], 4_000)
    root = ElementTree.fromstring(build_mpd([picture], [("es", sound)], Fraction(9, 2)))  # noqa: S314  # our own text
    names = {"d": NAMESPACE}
    assert root.get("mediaPresentationDuration") == "PT4.500S"
    times = [(s.get("t"), s.get("d")) for s in root.iterfind(".//d:Representation[@id='v']//d:S", names)]
    assert times == [("1024", "25600"), ("26624", "25600"), ("52224", "6400")]
    ranges = [
        (s.get("media"), s.get("mediaRange"))
        for s in root.iterfind(".//d:Representation[@id='v']//d:SegmentURL", names)
    ]
    assert ranges == [("v/000000.m4s", "0-999"), ("v/000000.m4s", "1000-4999"), ("v/000001.m4s", "0-99")]
    assert root.find(".//d:AdaptationSet[@lang='es']", names) is not None
