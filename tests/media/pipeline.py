"""A film through the pure parts and the sandbox entries, without events and without an object store: what the tests look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from acervo.ranges import RangeReader
from functions.transcode import encode, index, joined, sheets, soundtracks, thumbnails
from functions.transcode.film import Film, parse_film
from functions.transcode.heard import join_heard
from functions.transcode.ladder import Rung, build_ladder
from functions.transcode.plan import sound_ranges
from functions.transcode.profiles import FILES, SOUND_RANGE_S
from functions.transcode.stitched import Stitched, build_texts, stitch


def quiet(said: dict[str, Any]) -> None:
    """Nobody follows."""


@dataclass(frozen=True)
class Result:
    film: Film
    ladder: tuple[Rung, ...]
    stitched: Stitched
    folder: Path
    chunks: list[list[int]]

    @property
    def master(self) -> Path:
        return self.folder / "master.m3u8"

    def mp4(self, profile: str) -> Path:
        return self.folder / f"{profile}.mp4"


def reader(path: Path, block: int) -> RangeReader:
    def fetch(first: int, last: int) -> bytes:
        with path.open("rb") as file:
            file.seek(first)
            return file.read(last - first + 1)

    return RangeReader(fetch, path.stat().st_size, block=block)


def _with_sheets(film: Stitched, folder: Path) -> Stitched:
    """As assembling does it: thumbnails on sheets instead of the chunks' sprites."""
    every_s = thumbnails.plan_tile(2, 2, film.film.timeline.duration_s)["every_s"]
    sprites = [{**sprite, "file": name} for name, sprite in film.sprites]
    duration_s = film.film.timeline.duration_s
    arguments = {"directory": str(folder), "sprites": sprites, "every_s": every_s, "duration_s": duration_s}
    made = sheets.make_sheets(arguments, quiet)["sheets"]
    named = tuple((thumbnails.sheet_name(number, sheet), sheet) for number, sheet in enumerate(made))
    for name, sheet in named:
        (folder / sheet["file"]).rename(folder / name)
    return replace(film, sprites=named)


def transcode(
    source: dict[str, Any],
    folder: Path,
    cuts: list[list[int]] | None = None,
    ladder: tuple[Rung, ...] | None = None,
    preset: str = "veryfast",
    sound_range_s: float = SOUND_RANGE_S,
    untouched: bool = False,
) -> Result:
    """All of a film's HLS and MP4 files in `folder`; `cuts` instead of the planned chunks. `untouched`: as loud as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = index.index_film({"source": source}, quiet)
    source = {**source, "clock": planned["clock"]}
    film = parse_film(planned["film"])
    chosen = ladder or build_ladder(film.picture)
    chunks = cuts or planned["chunks"]
    results = []
    for number, (start, end) in enumerate(chunks):
        work = folder / f"chunk{number}"
        work.mkdir()
        result = encode.encode_chunk(
            {
                "source": source, "film": film.to_json(), "ladder": [asdict(rung) for rung in chosen], "number": number,
                "start": start, "end": end, "last": number == len(chunks) - 1, "directory": str(work), "preset": preset, "threads": 2,
                "tile": thumbnails.plan_tile(chosen[-1].width, chosen[-1].height, film.timeline.duration_s),
            },
            quiet,
        )  # fmt: skip
        results.append(result)
        for name, found in result["rungs"].items():
            target = folder / found["piece"]["name"]
            target.parent.mkdir(exist_ok=True)
            (work / f"{name}.m4s").rename(target)
        if result["sprite"]:
            target = folder / thumbnails.name(number, result["sprite"])
            target.parent.mkdir(exist_ok=True)
            (work / "sprite.jpg").rename(target)
    tracks: list[dict[str, Any]] = []
    if film.soundtracks:
        shared = {"source": source, "film": film.to_json(), "directory": str(folder), "untouched": untouched}
        spans = sound_ranges(film.timeline.duration_s, sound_range_s)
        if len(spans) > 1 and not untouched:
            parts = [soundtracks.listen({**shared, "first": a, "until": b}, quiet)["heard"] for a, b in spans]
            shared["heard"] = [join_heard(each).to_json() for each in zip(*parts, strict=True)]
        for number, (first, until) in enumerate(spans):
            arguments = {**shared, "number": number}
            part = soundtracks.encode_soundtracks({**arguments, "first": first, "until": until}, quiet)[
                "tracks"
            ]
            tracks += part
            for track in part:
                target = folder / track["piece"]["name"]
                target.parent.mkdir(exist_ok=True)
                (folder / f"a{track['number']}.m4s").rename(target)
    stitched = _with_sheets(stitch(film, chosen, results, tracks), folder)
    for name, data in build_texts(stitched).items():
        (folder / name).write_bytes(data)
    for profile in FILES:
        stream = next(s for rung, s in stitched.rungs if profile.rung in rung.steps)
        streams = [stream, *(track.stream for track in stitched.soundtracks[:1])]

        def opened(name: str, block: int) -> RangeReader:
            return reader(folder / name, block)

        layout = joined.plan(streams, opened)
        with (folder / f"{profile.profile}.mp4").open("wb") as out:
            for part in joined.payloads(streams, layout, opened):
                out.write(part)
        assert (folder / f"{profile.profile}.mp4").stat().st_size == layout.size_bytes
    return Result(film, chosen, stitched, folder, chunks)
