"""What a job consists of: its spec, and what each chunk has to do, as JSON that anybody can work from. Pure.

A film's spec says what is made of its pieces: `stream` (playlists over them), `files` (joined out of them), `folder` (where they lie).
A recording's says what of it is wanted. The last chunk of every job puts its results together; it waits for all others. Sound in several
parts waits until all were heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from acervo import keys, orders
from acervo.orders import Order
from functions.transcode import thumbnails
from functions.transcode.film import Film
from functions.transcode.ladder import BITRATE_POWER, PRORES, Rung, build_ladder, display_size, fit
from functions.transcode.pairs import part_monos
from functions.transcode.profiles import (
    FILES,
    HLS,
    LADDER,
    ORIGINAL,
    POSTER,
    PREVIEW,
    RECORDING_RANGE_S,
    SOUND_RANGE_S,
    SOUNDTRACK,
)  # fmt: skip
from functions.transcode.profiles import PRORES as PRORES_PROFILES
from functions.transcode.profiles import Rung as Step
from functions.transcode.recording import Recording

FILM_STEPS = {file.profile: file.rung for file in FILES}
SHARED = ("kind", "project_id", "sha256", "master_key")
ASSEMBLE = {"do": "assemble"}
ALONE = {ORIGINAL: "cut", orders.TILES: "tiles"}  # orders that nothing else is made beside
LISTEN, SOUNDTRACKS = "listen", "soundtracks"  # of a film
HEAR, RECORDING = "hear", "recording"  # the same of sound by itself

# CPU seconds for a second of film, roughly: what makes progress advance evenly.
DECODING, MEGAPIXEL, SOUND, HEARING, JOINING = 0.3, 0.36, 0.05, 0.02, 0.01
ONE_PICTURE = 2.0


@dataclass(frozen=True)
class Plan:
    """`spec` is what all chunks need, `chunks` what each one does ({"do": …}), `weights` their shares of the work."""

    spec: dict[str, Any]
    chunks: list[dict[str, Any]]
    weights: list[float]


def waits(chunk: Mapping[str, Any]) -> bool:
    """For others, before anybody may begin it."""
    return chunk["do"] == ASSEMBLE["do"] or bool(chunk.get("listened"))


def plan_image(asset: Mapping[str, Any]) -> Plan:
    """One chunk makes all renditions."""
    return Plan(_shared(asset), [{"do": "image"}, ASSEMBLE], [ONE_PICTURE, 0.1])


def plan_recording(
    asset: Mapping[str, Any],
    recording: Recording,
    job_id: str,
    order: Order | None = None,
    clock: Mapping[str, Any] | None = None,
) -> Plan:
    """What is made of sound by itself: all of it, or what was ordered.

    Args:
        clock: as of `plan_film`, where it is a film's sound.
    """
    ranges = [(0, None)] if recording.entire else sound_ranges(recording.duration_s, RECORDING_RANGE_S)
    listened = len(ranges) > 1 and (order is None or order.profile == PREVIEW.profile)
    parts = [{"part": part, "first": first, "until": until} for part, (first, until) in enumerate(ranges)]
    chunks = [
        *({"do": HEAR, **part} for part in parts if listened),
        *({"do": RECORDING, "listened": listened, **part} for part in parts),
    ]
    spec = {
        **_shared(asset), **({"order": order.to_json()} if order else {}), "clock": clock, "recording": recording.to_json(),
        "folder": keys.ondemand(str(asset["id"]), str(asset["sha256"]), job_id, "pieces"),
    }  # fmt: skip
    each = {HEAR: HEARING, RECORDING: SOUND * len(recording.soundtracks)}

    def weigh(chunk: Mapping[str, Any]) -> float:
        until_s = chunk["until"] / PREVIEW.sample_rate if chunk["until"] else recording.duration_s
        length_s = max(1.0, until_s - chunk["first"] / PREVIEW.sample_rate)
        return float(round(length_s * each[chunk["do"]], 3))

    weights = [weigh(chunk) for chunk in chunks]
    return Plan(spec, [*chunks, ASSEMBLE], [*weights, round(0.1 + recording.duration_s * JOINING, 3)])


def plan_film(
    asset: Mapping[str, Any],
    film: Film,
    cuts: Sequence[Sequence[int]],
    clock: Mapping[str, Any] | None = None,
) -> Plan:
    """Everything that a film gets: the sound first, as it takes longest, then the pictures from the beginning on.

    Args:
        clock: what makes the master's own one that only goes on (`clock.Clock`), where it does not.
    """
    ladder = build_ladder(film.picture)
    asset_id, sha256 = str(asset["id"]), str(asset["sha256"])
    files = [
        {"profile": file.profile, "step": file.rung, "key": keys.proxy(asset_id, sha256, file.profile, f"{file.profile}.mp4")}
        for file in FILES
    ]  # fmt: skip
    least = ladder[-1]
    spec = {
        **_shared(asset), **_film(film, ladder), "stream": True, "files": files, "folder": keys.proxy(asset_id, sha256, HLS, "").rstrip("/"),
        "tile": thumbnails.plan_tile(least.width, least.height, film.timeline.duration_s), "clock": clock,
    }  # fmt: skip
    return _weighed(spec, film, ladder, [*_sound(film), *_pictures(cuts), {"do": "poster"}])


def plan_order(
    asset: Mapping[str, Any],
    order: Order,
    job_id: str,
    film: Film | None = None,
    cuts: Sequence[Sequence[int]] = (),
    beginning: int | None = None,
    clock: Mapping[str, Any] | None = None,
) -> Plan:
    """What makes one order that is not of sound by itself; for pictures of a film with the `film` between the order's borders.

    Args:
        beginning: when the master's first frame is shown.
        clock: as of `plan_film`.
    """
    spec = {**_shared(asset), "order": order.to_json(), "clock": clock}
    if film is None:
        do = ALONE.get(order.profile, "image")
        return Plan(spec, [{"do": do}, ASSEMBLE], [ONE_PICTURE, 0.1])
    if order.profile == POSTER.profile:
        return Plan({**spec, **_film(film, ())}, [{"do": "poster"}, ASSEMBLE], [ONE_PICTURE, 0.1])
    asset_id, sha256 = str(asset["id"]), str(asset["sha256"])
    intra = order.profile in PRORES_PROFILES
    name = f"{order.profile}.{'mov' if intra else 'mp4'}"
    place = (
        keys.proxy(asset_id, sha256, order.profile, name)
        if order.is_plain
        else keys.ondemand(asset_id, sha256, job_id, name)
    )
    film = replace(film, soundtracks=part_monos(film.soundtracks) if intra else film.soundtracks[:1])
    rung = build_rung(film, order)
    spec |= {
        **_film(film, (rung,)), "stream": False, "sound": "pcm" if intra else "aac", "beginning": beginning,
        "folder": keys.ondemand(asset_id, sha256, job_id, "pieces"),
        "files": [{"profile": orders.profile_of(order, job_id), "step": rung.steps[0], "key": place}],
    }  # fmt: skip
    clip = order.clip is not None
    return _weighed(spec, film, (rung,), [*_sound(film, clip, intra), *_pictures(cuts, clip)])


def build_rung(film: Film, order: Order) -> Rung:
    """The one encode of an ordered file."""
    if order.profile in PRORES_PROFILES:
        number, _ = PRORES_PROFILES[order.profile]
        shown = display_size(film.picture)
        width, height = fit(*shown, *_landscape(order.box or shown))
        return Rung(f"{width}x{height}-{order.profile}", width, height, number, 0, (order.profile,), PRORES)
    step = next(step for step in LADDER if step.name == FILM_STEPS[order.profile])
    if order.box:
        width, height = _landscape(order.box)
        share = width * height / (step.width * step.height)
        step = Step(
            step.name, width, height, step.h264_profile, round(step.video_kbps * share**BITRATE_POWER)
        )
    (rung,) = build_ladder(film.picture, (step,))
    return replace(rung, video_kbps=order.video_kbps) if order.video_kbps else rung


def _landscape(box: tuple[int, int]) -> tuple[int, int]:
    return max(box), min(box)


def sound_ranges(duration_s: float, range_s: float = SOUND_RANGE_S) -> list[tuple[int, int | None]]:
    """[first, last) samples of each part of a film's sound; the last one has no end, and none is much shorter than the others."""
    step = round(range_s * SOUNDTRACK.sample_rate)
    count = max(1, round(duration_s / range_s))
    return [(number * step, (number + 1) * step if number < count - 1 else None) for number in range(count)]


def _sound(film: Film, clip: bool = False, pcm: bool = False) -> list[dict[str, Any]]:
    """How loud the whole is must be known before a part of it is encoded: where there are several, they are heard first."""
    if not film.soundtracks:
        return []
    ranges = sound_ranges(film.timeline.duration_s)
    listened = len(ranges) > 1 and not pcm
    parts = [
        {"part": part, "first": first, "until": until, "clip": clip}
        for part, (first, until) in enumerate(ranges)
    ]
    return [
        *({"do": LISTEN, **part} for part in parts if listened),
        *({"do": SOUNDTRACKS, "listened": listened, **part} for part in parts),
    ]


def _pictures(cuts: Sequence[Sequence[int]], clip: bool = False) -> list[dict[str, Any]]:
    """The last chunk of a whole film takes every frame that there is, that of a clip ends where it should."""
    return [
        {
            "do": "pictures",
            "part": part,
            "start": start,
            "end": end,
            "last": not clip and part == len(cuts) - 1,
        }
        for part, (start, end) in enumerate(cuts)
    ]


def _film(film: Film, ladder: Sequence[Rung]) -> dict[str, Any]:
    return {"film": film.to_json(), "ladder": [asdict(rung) for rung in ladder]}


def _weighed(spec: dict[str, Any], film: Film, ladder: Sequence[Rung], chunks: list[dict[str, Any]]) -> Plan:
    base, whole_s = film.timeline.time_base, film.timeline.duration_s
    encoding = sum(rung.width * rung.height for rung in ladder) / 1e6 * MEGAPIXEL

    def weigh(chunk: Mapping[str, Any]) -> float:
        if chunk["do"] == "pictures":
            return max(0.1, float((chunk["end"] - chunk["start"]) * base) * (DECODING + encoding))
        if chunk["do"] in (LISTEN, SOUNDTRACKS):
            until_s = chunk["until"] / SOUNDTRACK.sample_rate if chunk["until"] else whole_s
            length_s = max(1.0, until_s - chunk["first"] / SOUNDTRACK.sample_rate)
            each = SOUND if chunk["do"] == SOUNDTRACKS else HEARING
            return float(length_s * each * len(film.soundtracks))
        return ONE_PICTURE if chunk["do"] == "poster" else 0.1 + whole_s * JOINING

    chunks = [*chunks, ASSEMBLE]
    return Plan(spec, chunks, [round(weigh(chunk), 3) for chunk in chunks])


def _shared(asset: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asset[name] for name in SHARED}
