"""H.264 as it lies in files (ISO/IEC 14496-10 and -15): NAL units, parameter sets, the configuration record. Pure."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

IDR, SPS, PPS, DELIMITER = 5, 7, 8, 9
HIGH_PROFILES = (100, 110, 122, 144)  # their records say more
MAX_SPS_ID = 31


@dataclass(frozen=True)
class Config:
    """An AVCDecoderConfigurationRecord; `tail` is what High profiles add to it."""

    length_bytes: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    tail: bytes = b""

    @property
    def ids(self) -> set[int]:
        """Numbers of its parameter sets of either kind."""
        return {sps_id(nal) for nal in self.sps} | {_unsigned(nal[1:9]) for nal in self.pps}


def parse_config(data: bytes) -> Config:
    """Raises ValueError when it is none."""
    try:
        if data[0] != 1:
            raise ValueError("not an AVC configuration record")
        length, at = (data[4] & 3) + 1, 5
        sets: list[tuple[bytes, ...]] = []
        for mask in (31, 255):
            count, at = data[at] & mask, at + 1
            found = []
            for _ in range(count):
                (size,) = struct.unpack_from(">H", data, at)
                found.append(data[at + 2 : at + 2 + size])
                at += 2 + size
            sets.append(tuple(found))
    except (IndexError, struct.error) as fault:
        raise ValueError("the AVC configuration record is cut off") from fault
    return Config(length, sets[0], sets[1], data[at:])


def build_config(config: Config) -> bytes:
    """Profile and level are the highest of its parameter sets."""
    best = max(config.sps, key=lambda nal: (nal[1], nal[3]))
    level = max(nal[3] for nal in config.sps)
    head = bytes([1, best[1], best[2], level, 0xFC | config.length_bytes - 1])
    sets = [bytes([0xE0 | len(config.sps)]), *(_sized(nal) for nal in config.sps)]
    sets += [bytes([len(config.pps)]), *(_sized(nal) for nal in config.pps)]
    return head + b"".join(sets) + (config.tail if best[1] in HIGH_PROFILES else b"")


def _sized(nal: bytes) -> bytes:
    return struct.pack(">H", len(nal)) + nal


def nal_type(nal: bytes) -> int:
    return nal[0] & 31


def sps_id(sps: bytes) -> int:
    """seq_parameter_set_id: the first number after profile, constraints and level."""
    return _unsigned(sps[4:12].replace(b"\0\0\3", b"\0\0"))


def _unsigned(data: bytes) -> int:
    """The Exp-Golomb number that `data` begins with."""
    bits = "".join(f"{byte:08b}" for byte in data)
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1


def split_lengths(sample: bytes, length_bytes: int) -> Iterator[bytes]:
    """NAL units of a sample as MP4 has it; what is cut off is left out."""
    at = 0
    while at + length_bytes <= len(sample):
        size = int.from_bytes(sample[at : at + length_bytes], "big")
        at += length_bytes
        if at + size > len(sample):
            return
        yield sample[at : at + size]
        at += size


def split_start_codes(data: bytes) -> list[bytes]:
    """NAL units of a byte stream (Annex B)."""
    return [nal.rstrip(b"\0") for nal in re.split(rb"\0\0\1", data)[1:] if nal.rstrip(b"\0")]


def join_lengths(nals: Sequence[bytes], length_bytes: int = 4) -> bytes:
    return b"".join(len(nal).to_bytes(length_bytes, "big") + nal for nal in nals)


def is_idr(sample: bytes, length_bytes: int) -> bool:
    """Nothing after it looks back beyond it."""
    return any(nal_type(nal) == IDR for nal in split_lengths(sample, length_bytes) if nal)


def from_byte_stream(extradata: bytes) -> Config:
    """The configuration of an encoder that says its parameter sets in a byte stream. Raises ValueError without them."""
    nals = split_start_codes(extradata)
    sps = tuple(nal for nal in nals if nal_type(nal) == SPS)
    pps = tuple(nal for nal in nals if nal_type(nal) == PPS)
    if not sps or not pps:
        raise ValueError("the encoder gave no parameter sets")
    tail = b"\xfd\xf8\xf8\0" if sps[0][1] in HIGH_PROFILES else b""  # 4:2:0, 8 bit, no extensions
    return Config(4, sps, pps, tail)
