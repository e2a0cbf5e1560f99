"""A film through the pure parts and the sandbox entries, without events and without an object store: what the tests look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from acervo.ranges import RangeReader
from functions.transcode import encode, index, joined, soundtracks, thumbnails
from functions.transcode.film import Film, parse_film
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


def transcode(
    source: dict[str, Any],
    folder: Path,
    cuts: list[list[int]] | None = None,
    ladder: tuple[Rung, ...] | None = None,
    preset: str = "veryfast",
    sound_range_s: float = SOUND_RANGE_S,
) -> Result:
    """All of a film's HLS and MP4 files in `folder`; `cuts` instead of the planned chunks."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = index.index_film({"source": source}, quiet)
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
        for number, (first, until) in enumerate(sound_ranges(film.timeline.duration_s, sound_range_s)):
            arguments = {"source": source, "film": film.to_json(), "directory": str(folder), "number": number}
            part = soundtracks.encode_soundtracks({**arguments, "first": first, "until": until}, quiet)[
                "tracks"
            ]
            tracks += part
            for track in part:
                target = folder / track["piece"]["name"]
                target.parent.mkdir(exist_ok=True)
                (folder / f"a{track['number']}.m4s").rename(target)
    stitched = stitch(film, chosen, results, tracks)
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
