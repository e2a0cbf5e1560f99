"""Pyramids: every pixel of a picture, in tiles that a reader finds by the directory of one file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import pyvips

from acervo import sandbox
from acervo.errors import Rejected
from tests.media import make

ENTRY = "functions.transcode.tiles:make_tiles"


def pyramid(path: Path, folder: Path) -> tuple[dict[str, Any], zipfile.ZipFile]:
    folder.mkdir(exist_ok=True)
    arguments = {"path": str(path), "directory": str(folder)}
    made = sandbox.run(ENTRY, arguments, memory_bytes=3 << 30, cpu_s=60, wall_s=60)
    return made, zipfile.ZipFile(folder / "tiles.szi")


def tile(archive: zipfile.ZipFile, level: int, column: int, row: int) -> Any:
    data = archive.read(f"tiles/tiles_files/{level}/{column}_{row}.jpg")
    return pyvips.Image.new_from_buffer(data, "")


def test_the_last_level_has_every_pixel_and_is_upright(tmp_path: Path) -> None:
    made, archive = pyramid(make.photo(tmp_path), tmp_path / "out")
    assert made == {"width": 1200, "height": 1600, "tile": 512, "overlap": 1, "format": "jpg"}
    first, corner = tile(archive, 11, 0, 0), tile(archive, 11, 2, 3)
    assert (first.width, first.height) == (513, 513)
    assert (corner.width, corner.height) == (1200 - 2 * 512 + 1, 1600 - 3 * 512 + 1)
    top = first.crop(300, 2, 200, 40).stats()
    red, green = (top.getpoint(4, band)[0] for band in (1, 2))
    assert red > 180 > 80 > green, "the red edge is on top"
    assert "tiles/tiles_files/0/0_0.jpg" in archive.namelist(), (
        "down to one pixel, as Deep Zoom counts levels"
    )


def test_a_reader_needs_the_directory_only_and_nothing_tells_of_the_photographer(tmp_path: Path) -> None:
    photo = make.photo(tmp_path)
    assert b"Exif" in photo.read_bytes()
    _, archive = pyramid(photo, tmp_path / "out")
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    whole = (tmp_path / "out" / "tiles.szi").read_bytes()
    for telling in (b"Exif", b"exif", b"gps", b"GPS", b"xmp"):
        assert telling not in whole


def test_what_is_no_srgb_becomes_it(tmp_path: Path) -> None:
    grey = (
        pyvips.Image.black(700, 600, bands=1).linear(1, 30_000).cast("ushort").copy(interpretation="grey16")
    )
    see_through = pyvips.Image.black(700, 600, bands=3).copy(interpretation="srgb").bandjoin(0)
    for name, image, expected in (("grey.png", grey, 117), ("clear.png", see_through, 255)):
        path = tmp_path / name
        image.write_to_file(str(path))
        _, archive = pyramid(path, tmp_path / f"out-{name}")
        shown = tile(archive, 10, 0, 0)
        assert (shown.format, shown.hasalpha()) == ("uchar", False)
        assert shown.avg() == pytest.approx(expected, abs=2)


def test_a_damaged_picture_has_no_pyramid(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(make.photo(tmp_path).read_bytes()[:20_000])
    with pytest.raises(Rejected):
        pyramid(path, tmp_path / "out")
