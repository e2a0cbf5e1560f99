"""Images: sizes, orientation, colours, and pictures that mean harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from acervo import sandbox
from acervo.errors import Rejected
from functions.transcode.profiles import DISPLAY, THUMBS
from tests.media import make

ENTRY = "functions.transcode.images:make_renditions"


def renditions(path: Path, folder: Path) -> dict[str, Any]:
    """What a child process made, as the function runs it: libvips' settings are a process's own."""
    folder.mkdir(exist_ok=True)
    arguments = {"path": str(path), "directory": str(folder), "threads": 2}
    return sandbox.run(ENTRY, arguments, memory_bytes=3 << 30, cpu_s=60, wall_s=60)


def opened(folder: Path, profile: str) -> Any:
    name = f"{profile}.jpg" if profile == DISPLAY.profile else f"{profile}.webp"
    return pyvips.Image.new_from_file(str(folder / name))


def test_every_size_is_fitted_and_upright(tmp_path: Path) -> None:
    made = renditions(make.photo(tmp_path), tmp_path / "out")
    expected = {
        "thumb-300": (225, 300),
        "thumb-800": (600, 800),
        "thumb-1200": (900, 1200),
        "display": (1200, 1600),
    }
    assert {name: (size["width"], size["height"]) for name, size in made.items()} == expected
    for profile, (width, height) in expected.items():
        image = opened(tmp_path / "out", profile)
        assert (image.width, image.height) == (width, height)
        top = image.crop(width // 4, 2, width // 2, height // 16).stats()
        red, green = (top.getpoint(4, band)[0] for band in (1, 2))
        assert red > 180 > 80 > green, "the red edge is on top"
        assert image.get_typeof("orientation") == 0 or image.get("orientation") == 1


def test_small_images_are_not_enlarged(tmp_path: Path) -> None:
    made = renditions(make.photo(tmp_path, size=(200, 100), orientation=1), tmp_path / "out")
    assert {(size["width"], size["height"]) for size in made.values()} == {(200, 100)}


def test_the_display_copy_is_a_progressive_jpeg_without_metadata(tmp_path: Path) -> None:
    renditions(make.photo(tmp_path), tmp_path / "out")
    data = (tmp_path / "out" / "display.jpg").read_bytes()
    assert b"\xff\xc2" in data, "SOF2"
    assert b"Exif" not in data


def save(directory: Path, name: str, image: Any, **options: Any) -> Path:
    path = directory / name
    image.write_to_file(str(path), **options)
    return path


def solid(*colour: int, format_: str = "uchar", space: str = "srgb") -> Any:
    image = pyvips.Image.black(400, 300, bands=len(colour)) + list(colour)
    return image.cast(format_).copy(interpretation=space)


KINDS: dict[str, tuple[Callable[[Path], Path], tuple[int, int, int]]] = {
    "transparent.png": (lambda d: save(d, "a.png", solid(10, 200, 10, 0)), (255, 255, 255)),
    "grey.png": (lambda d: save(d, "a.png", solid(120, space="b-w")), (120, 120, 120)),
    "16-bit.tif": (
        lambda d: save(d, "a.tif", solid(65535, 0, 0, format_="ushort", space="rgb16")),
        (255, 0, 0),
    ),
    "palette.gif": (lambda d: save(d, "a.gif", solid(0, 0, 255)), (0, 0, 255)),
    "picture.webp": (lambda d: save(d, "a.webp", solid(200, 100, 50), lossless=True), (200, 100, 50)),
    "cmyk.jpg": (lambda d: save(d, "a.jpg", solid(255, 255, 0).colourspace("cmyk")), (255, 255, 0)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_pixels_become_srgb(kind: str, tmp_path: Path) -> None:
    build, colour = KINDS[kind]
    renditions(build(tmp_path), tmp_path / "out")
    image = opened(tmp_path / "out", "display")
    pixel = image.getpoint(200, 150)
    seen = pixel * 3 if len(pixel) == 1 else pixel
    assert np.abs(np.array(seen) - np.array(colour)).max() <= (12 if kind != "cmyk.jpg" else 40)


def svg(directory: Path) -> Path:
    path = directory / "a.png"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><image href="file:///etc/passwd"/></svg>'
    )
    return path


def truncated(directory: Path) -> Path:
    path = make.photo(directory)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def nothing(directory: Path) -> Path:
    path = directory / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and then no JPEG at all")
    return path


def text(directory: Path) -> Path:
    path = directory / "a.jpg"
    path.write_text(
        "push graphic-context\nviewbox 0 0 640 480\nfill 'url(http://127.0.0.1:9/x.jpg)'\npop graphic-context\n"
    )
    return path


@pytest.mark.parametrize(
    ("build", "code"),
    [(make.png_bomb, "too-many-pixels"), (svg, "unreadable"), (truncated, "unreadable"), (nothing, "unreadable"), (text, "unreadable")],
    ids=["bomb", "svg", "truncated", "nothing", "mvg"],
)  # fmt: skip
def test_hostile_pictures_are_refused(build: Callable[[Path], Path], code: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as refused:
        renditions(build(tmp_path), tmp_path / "out")
    assert refused.value.code == code


def test_thumbnails_are_declared_smallest_first() -> None:
    assert [thumb.width for thumb in THUMBS] == sorted(thumb.width for thumb in THUMBS)
