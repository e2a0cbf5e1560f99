"""How pictures are turned into what is shown, as filters and colours: values only."""

from __future__ import annotations

from functions.transcode.film import Picture

TURNS: dict[int, tuple[str, ...]] = {
    0: (),
    90: ("transpose=clock",),
    180: ("hflip", "vflip"),
    270: ("transpose=cclock",),
}
UNSPECIFIED, BT709, BT470BG = 2, 1, 5
MATRICES = {1: "bt709", 4: "fcc", 5: "bt470", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
HD_LINES = 720
Size = tuple[int, int]


def output_colour(picture: Picture) -> tuple[int, int, int]:
    """(primaries, transfer, matrix) of what comes out: as the master says, or what its size implies."""
    if picture.hdr:
        return BT709, BT709, BT709
    implied = BT709 if picture.height >= HD_LINES else BT470BG
    return (
        implied if picture.primaries in (0, UNSPECIFIED) else picture.primaries,
        BT709 if picture.transfer in (0, UNSPECIFIED) else picture.transfer,
        picture.matrix if picture.matrix in MATRICES else implied,
    )


def plan_filters(picture: Picture, tone_map: str | None) -> list[str]:
    """The filters before the sizes part, in order. `tone_map` is the file of the 3D table that makes HDR SDR."""
    filters = ["bwdif=mode=send_frame:parity=auto:deint=interlaced"] if picture.interlaced else []
    filters += TURNS[picture.rotation % 360]
    if tone_map:
        source_range = "pc" if picture.full_range else "tv"
        filters += [
            f"scale=in_color_matrix=bt2020:in_range={source_range}",
            "format=gbrp16le",
            f"lut3d=file='{tone_map}':interp=tetrahedral",
        ]
    return filters


def plan_scale(picture: Picture, size: Size, tone_mapped: bool) -> str:
    """Scaling to one size keeps the matrix and leaves limited range."""
    matrix = MATRICES[output_colour(picture)[2]]
    into = "" if tone_mapped else f":in_range={'pc' if picture.full_range else 'tv'}:in_color_matrix={matrix}"
    return f"scale={size[0]}:{size[1]}:flags=bicubic{into}:out_range=tv:out_color_matrix={matrix}"
