"""The renditions of a recording, out of the pieces that its parts left: they are joined as they are, in constant memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from acervo import keys, orders, ranges
from acervo.errors import Rejected
from acervo.function import Call
from acervo.leases import Lease
from functions.transcode import renditions
from functions.transcode.joined import Joined
from functions.transcode.mp3 import info_frame
from functions.transcode.profiles import BROADCAST, PREVIEW, WAVEFORM
from functions.transcode.recording import parse_recording
from functions.transcode.wav import wave_head

Row = dict[str, Any]
Open = Callable[[str], ranges.RangeReader]
WAVEFORM_FILE, JSON = "waveform.json", "application/json"
BYTES_A_SAMPLE = 3


def put_recording(call: Call, lease: Lease, parts: Sequence[Row]) -> list[Row]:
    """What was wanted of a recording, as rows.

    Args:
        parts: what `recording_parts.encode_part` said of each, in order.

    Raises:
        Rejected: not one moment of it can be decoded.
    """

    def opened(name: str) -> ranges.RangeReader:
        return call.objects.reader(call.objects.proxies, f"{lease.job_spec['folder']}/{name}")

    def checked(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            lease.check()
            yield piece

    order = orders.parse_order(lease.job_spec["order"]) if "order" in lease.job_spec else None
    recording = parse_recording(lease.job_spec["recording"])
    shared = {"warnings": list(recording.warnings)}
    made = []
    for sound in (PREVIEW, BROADCAST):
        pieces = [part["pieces"][sound.profile] for part in parts if sound.profile in part["pieces"]]
        if not pieces:
            continue
        samples = sum(piece["samples"] for piece in pieces)
        if not samples:
            raise Rejected("no-sound", "not one moment of the sound can be decoded")
        size, payloads = join(sound.profile, pieces, opened)
        place = _place(lease, order, sound.profile, sound.file)
        source = cast(Any, Joined(checked(payloads)))
        call.objects.put_stream(call.objects.proxies, place[1], source, sound.mime_type)
        tracks = parts[0]["soundtracks"]
        detail = {
            "duration_s": samples / sound.sample_rate, "loudness": parts[0]["loudness"], **shared, "channels": pieces[0]["channels"],
            "audio_kbps": sound.audio_kbps, "soundtracks": tracks[:1] if sound is PREVIEW else tracks,
        }  # fmt: skip
        made.append(renditions.as_row(*place, sound.mime_type, size, detail))
    if order is None or order.profile == WAVEFORM:
        text = json.dumps(join_peaks(part["peaks"] for part in parts), separators=(",", ":")).encode()
        place = _place(lease, order, WAVEFORM, WAVEFORM_FILE)
        call.objects.put_bytes(call.objects.proxies, place[1], text, JSON)
        made.append(renditions.as_row(*place, JSON, len(text), {}))
    return made


def join(profile: str, pieces: Sequence[Row], opened: Open) -> tuple[int, Iterator[bytes]]:
    """How long the file is, and its bytes, a block at a time."""
    whole = sum(piece["size_bytes"] for piece in pieces)
    if profile == PREVIEW.profile:
        first = next(piece for piece in pieces if piece["frames"])
        frames, samples = (sum(piece[name] for piece in pieces) for name in ("frames", "samples"))
        head, tail = info_frame(bytes.fromhex(first["header"]), frames, samples, first["delay"]), b""
    else:
        form = bytes.fromhex(pieces[0]["format"])
        head = wave_head(form, whole, pieces[0]["channels"] * BYTES_A_SAMPLE)
        tail = bytes(whole % 2)
    return len(head) + whole + len(tail), _payloads(head, pieces, tail, opened)


def join_peaks(parts: Iterator[Row]) -> Row:
    """One waveform: every part begins on a point of it."""
    found = list(parts)
    data = [value for part in found for value in part["data"]]
    return {**found[0], "length": len(data) // 2, "data": data}


def _payloads(head: bytes, pieces: Sequence[Row], tail: bytes, opened: Open) -> Iterator[bytes]:
    yield head
    for piece in pieces:
        if not piece["size_bytes"]:
            continue
        reader = opened(piece["name"])
        try:
            while block := reader.read(ranges.STREAM_BLOCK):
                yield block
        finally:
            reader.close()
    yield tail


def _place(lease: Lease, order: orders.Order | None, profile: str, file: str) -> tuple[str, str]:
    """The profile that it is a rendition of, and its key."""
    sha256 = lease.job_spec["sha256"]
    if order is None or order.is_plain:
        return profile, keys.proxy(lease.asset_id, sha256, profile, file)
    return orders.profile_of(order, lease.job_id), keys.ondemand(lease.asset_id, sha256, lease.job_id, file)
