"""The first frame of an MP3 file, which is silent and tells players how long the file is and which samples are padding (Xing's and LAME's). Pure.

After LAME's tag as the LAME project describes it, and as FFmpeg's and browsers' demuxers read it: gapless, and exact where somebody leaps to.
"""

from __future__ import annotations

import struct

BITRATES_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1, layer III
RATES = (44_100, 48_000, 32_000)
FRAME = 1152  # samples
MONO, SIDE_BYTES = 3, (32, 32, 32, 17)
FRAMES, BYTES, TOC, QUALITY = 1, 2, 4, 8
DECODER_DELAY = 529  # samples: of every decoder, which therefore is in no tag
TOC_ENTRIES = 100
ENCODER = b"Lavc     "  # nine letters; who reads the padding believes LAME and FFmpeg only
CBR = 1
MOST_PADDING = 4095


def info_frame(header: bytes, frames: int, samples: int, delay: int) -> bytes:
    """The frame that goes before `frames` others of the same size.

    Args:
        header: the first four bytes of one of them (MPEG-1, layer III, no padding: a constant bitrate at 48 or 32 kHz).
        samples: how many of theirs are heard.
        delay: how many come before those, out of encoder and decoder.

    Raises:
        ValueError: they are not such frames.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xFE != 0xFA:
        raise ValueError(f"{header.hex()} is not how a frame of MPEG-1, layer III begins")
    rate, bitrate = RATES[header[2] >> 2 & 3], BITRATES_KBPS[header[2] >> 4]
    size = FRAME // 8 * bitrate * 1000 // rate
    before = max(0, delay - DECODER_DELAY)
    after = min(MOST_PADDING, max(0, frames * FRAME - before - samples))
    toc = bytes(at * 256 // TOC_ENTRIES for at in range(TOC_ENTRIES))
    tag = b"".join(
        (
            header[:1], bytes([header[1] | 1]), header[2:4],  # no checksum behind the header
            bytes(SIDE_BYTES[header[3] >> 6]),
            b"Info", struct.pack(">III", FRAMES | BYTES | TOC | QUALITY, frames, (frames + 1) * size), toc, struct.pack(">I", 0),
            ENCODER, bytes([CBR, 0]), bytes(8), bytes([0, min(255, bitrate)]),
            (before << 12 | after).to_bytes(3, "big"), bytes(4), struct.pack(">IH", (frames + 1) * size, 0),
        )
    )  # fmt: skip
    return (tag + struct.pack(">H", crc16(tag))).ljust(size, b"\0")


def crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
