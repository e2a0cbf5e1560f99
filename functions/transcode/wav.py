"""The head of a WAV file of any length: RIFF, and RF64 (EBU Tech 3306) where 32 bits do not hold it. Pure."""

from __future__ import annotations

import struct

LARGEST = 0xFFFFFFFF
DS64_BYTES = 28
HEAD_BYTES = 4 + 8 + DS64_BYTES + 8  # "WAVE", the chunk that has the sizes, and the head of the samples


def wave_head(form: bytes, data_bytes: int, block_bytes: int) -> bytes:
    """What goes before the samples.

    Args:
        form: the `fmt ` chunk, whole.
        block_bytes: of one sample of all channels.
    """
    riff_bytes = HEAD_BYTES + len(form) + data_bytes + data_bytes % 2
    if riff_bytes <= LARGEST:
        first, sizes, data = struct.pack("<4sI", b"RIFF", riff_bytes), bytes(DS64_BYTES), data_bytes
        name = b"JUNK"  # the place that RF64 needs, as Tech 3306 has it
    else:
        first, data, name = struct.pack("<4sI", b"RF64", LARGEST), LARGEST, b"ds64"
        sizes = struct.pack("<QQQI", riff_bytes, data_bytes, data_bytes // block_bytes, 0)
    return b"".join(
        (
            first,
            b"WAVE",
            struct.pack("<4sI", name, DS64_BYTES),
            sizes,
            form,
            struct.pack("<4sI", b"data", data),
        )
    )
