"""HDR to SDR by a 3D table (for FFmpeg's lut3d): the wheel has no zscale, so the light is computed here, once a chunk.

PQ (SMPTE ST 2084) and HLG (ITU-R BT.2100) to light; BT.2390's knee brings 1000 cd/m² down to the 203 cd/m² that BT.2408 calls
white; BT.2020 to BT.709 primaries (BT.2087); BT.1886's gamma.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from functions.transcode.film import Picture

SIZE = 33
PEAK_NITS, WHITE_NITS = 1000.0, 203.0
HLG = 18
LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
M1, M2, C1, C2, C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
Light = npt.NDArray[Any]


def write_table(picture: Picture, directory: Path) -> str | None:
    """The table's file (a .cube) when the picture is HDR, else None."""
    if not picture.hdr:
        return None
    path = directory / "tone-map.cube"
    grid = np.linspace(0, 1, SIZE)
    blue, green, red = np.meshgrid(grid, grid, grid, indexing="ij")  # red changes fastest in the file
    code = np.stack((red, green, blue), axis=-1).reshape(-1, 3)
    table = to_sdr(code, hlg=picture.transfer == HLG)
    with path.open("w") as file:
        file.write(f"LUT_3D_SIZE {SIZE}\n")
        np.savetxt(file, table, fmt="%.6f")
    return str(path)


def to_sdr(code: Light, hlg: bool) -> Light:
    """Code values 0…1 of BT.2100 R′G′B′ (rows) to those of BT.709."""
    nits = _hlg_light(code) if hlg else _pq_light(code)
    brightest = np.maximum(nits.max(axis=-1, keepdims=True), 1e-6)
    shown = nits * (_knee(brightest) / brightest) / WHITE_NITS
    linear: Light = np.clip(shown @ TO_709.T, 0, 1)
    return np.asarray(linear ** (1 / 2.4))


def _pq_light(code: Light) -> Light:
    power = np.power(code, 1 / M2)
    return np.asarray(10_000 * np.power(np.maximum(power - C1, 0) / (C2 - C3 * power), 1 / M1))


def _pq_code(nits: Light) -> Light:
    power = np.power(np.maximum(nits, 0) / 10_000, M1)
    return np.asarray(np.power((C1 + C2 * power) / (1 + C3 * power), M2))


def _hlg_light(code: Light) -> Light:
    """Inverse OETF, then the OOTF of a 1000 cd/m² display (system gamma 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    luminance = np.maximum(scene @ LUMA_2020, 1e-9)[..., None]
    return np.asarray(PEAK_NITS * luminance**0.2 * scene)


def _knee(nits: Light) -> Light:
    """BT.2390-8, 5.4.1: below the knee nothing changes, above it a Hermite spline leads to white."""
    source = _pq_code(np.array(PEAK_NITS))
    most = _pq_code(np.array(WHITE_NITS)) / source
    code = np.minimum(_pq_code(nits) / source, 1)
    start = 1.5 * most - 0.5
    t = (code - start) / (1 - start)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * (1 - start)
        + (-2 * t**3 + 3 * t**2) * most
    )
    return _pq_light(np.where(code < start, code, spline) * source)
