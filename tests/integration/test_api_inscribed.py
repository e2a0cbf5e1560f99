"""Downloads with the asset's metadata inside, on a real store: small ones, and large ones that the store copies itself."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import httpx
import pytest
import pyvips

from functions.api import inscribed
from tests.fix_api import Api
from tests.integration.test_api_editing import make
from tests.media import make as media

TITLE = {"title": "Año nuevo"}


def asset_of(api: Api, suffix: str, data: bytes) -> tuple[str, str]:
    """(asset, key of its master)"""
    key = f"masters/{uuid4()}/x/source{suffix}"
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=data)
    return make(api, master_key=key, metadata=TITLE), key


def order(api: Api, asset_id: str) -> httpx.Response:
    return api.client("editora").post(
        f"/assets/{asset_id}/downloads", json={"what": "master", "with_metadata": True}
    )


def film(folder: Path, padding: int) -> bytes:
    """A small film with a box of nothing behind it."""
    made = media.film(folder, name="a.mp4", frames=10, size=(64, 48), rate=Fraction(25)).read_bytes()
    return made + (padding + 8).to_bytes(4, "big") + b"free" + bytes(padding)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_a_small_picture_is_a_new_file_and_its_master_stays_as_it_is(api: Api, suffix: str) -> None:
    picture: bytes = pyvips.Image.black(16, 16, bands=3).write_to_buffer(suffix)
    asset_id, key = asset_of(api, suffix, picture)
    told = order(api, asset_id).json()
    got = httpx.get(told["url"]).content
    assert hashlib.sha256(got).hexdigest() == told["sha256"]
    assert "Año nuevo" in pyvips.Image.new_from_buffer(got, "").get("xmp-data").decode()
    assert api.ceph.s3.get_object(Bucket="dam-archive", Key=key)["Body"].read() == picture


def test_a_large_film_is_copied_by_the_store_with_an_end_of_ours_and_again_is_free(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = film(tmp_path, 70 << 20)
    asset_id, key = asset_of(api, ".mp4", data)
    told = order(api, asset_id).json()
    got = httpx.get(told["url"], timeout=60).content
    assert (len(got), got[: len(data)] == data, told["sha256"]) == (told["size_bytes"], True, None)
    with av.open(io.BytesIO(got), "r", options={"export_xmp": "1"}) as opened:
        assert "Año nuevo" in opened.metadata["xmp"]

    def refuse(*_: Any) -> None:
        raise AssertionError("copied twice")

    with monkeypatch.context() as again:
        again.setattr(api.app.state.resources.objects, "compose", refuse)
        assert order(api, asset_id).json()["size_bytes"] == told["size_bytes"]
    api.ceph.s3.delete_object(Bucket="dam-archive", Key=key)


def test_a_large_tiff_gets_another_directory_and_its_pixels_stay(api: Api) -> None:
    picture = pyvips.Image.gaussnoise(5000, 4700, seed=3).cast("uchar").bandjoin_const([7, 9])
    data: bytes = picture.copy(interpretation="srgb").tiffsave_buffer()
    assert len(data) > inscribed.IN_MEMORY
    asset_id, key = asset_of(api, ".tif", data)
    got = httpx.get(order(api, asset_id).json()["url"], timeout=60).content
    made = pyvips.Image.new_from_buffer(got, "")
    assert "Año nuevo" in made.get("xmp-data").decode()
    assert (
        hashlib.sha256(made.write_to_memory()).digest()
        == hashlib.sha256(pyvips.Image.new_from_buffer(data, "").write_to_memory()).digest()
    )
    api.ceph.s3.delete_object(Bucket="dam-archive", Key=key)


def test_what_is_too_large_or_broken_says_so_and_leaves_nothing_behind(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inscribed, "IN_MEMORY", 1000)
    png, _ = asset_of(api, ".png", pyvips.Image.gaussnoise(64, 64).cast("uchar").pngsave_buffer())
    broken, _ = asset_of(api, ".mp4", film(tmp_path, 6 << 20)[:-1])
    for asset_id, reason in ((png, "too large"), (broken, "not a whole MP4")):
        answer = order(api, asset_id)
        assert (answer.status_code, answer.json()["field"]) == (422, "with_metadata")
        assert reason in answer.json()["detail"]
        listed = api.ceph.s3.list_objects_v2(Bucket="dam-proxies", Prefix=f"ondemand/{asset_id}/")
        assert listed["KeyCount"] == 0
    uploads = api.ceph.s3.list_multipart_uploads(Bucket="dam-proxies").get("Uploads", [])
    assert [upload["Key"] for upload in uploads if broken in upload["Key"]] == []
