"""S3 clients as people have them (rclone, the AWS command line) put files with a key of Acervo's, small and in parts, through the gateway that they are given."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.fix_api import Api
from tests.fix_ceph import Ceph
from tests.integration.test_api_s3_credentials import BUCKET, make

PART = 8 << 20


@pytest.fixture(scope="module")
def more_environment(client_gateway: str) -> dict[str, str]:
    return {"S3_PUBLIC_ENDPOINT": client_gateway, "S3_CREDENTIALS_ON_OPEN_GATEWAY": "false"}


def command_of(client: str, made: dict[str, str], folder: Path, prefix: str) -> list[str]:
    """As docs/api.md shows it."""
    where = f"{made['bucket']}/{prefix}"
    if client == "rclone":
        return [
            "rclone", "copy", str(folder), f"ceph:{where}", "--s3-no-head", "--s3-no-check-bucket",
            "--s3-chunk-size", "5Mi", "--s3-upload-cutoff", "6Mi", "--retries", "1", "--contimeout", "20s",
        ]  # fmt: skip
    return [
        "aws",
        "--endpoint-url",
        made["endpoint"],
        "s3",
        "cp",
        "--recursive",
        str(folder),
        f"s3://{where}",
    ]


@pytest.mark.parametrize("client", ["rclone", "aws"])
def test_a_folder_is_put_whole_with_a_key_that_can_only_put(
    client: str, api: Api, ceph: Ceph, tmp_path: Path
) -> None:
    if shutil.which(client) is None:
        pytest.skip(f"{client} is not installed")
    made, prefix = make(api), f"uploads/noticias/{uuid4().hex}"
    files = {"nota de voz ñ.wav": 70_000, "large.mov": 2 * PART + 12_345, "empty.txt": 0}
    source = tmp_path / "source"
    source.mkdir()
    for name, size in files.items():
        (source / name).write_bytes(random.Random(size).randbytes(size))
    env = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "RCLONE_CONFIG": str(tmp_path / "none.conf"),
        "RCLONE_CONFIG_CEPH_TYPE": "s3", "RCLONE_CONFIG_CEPH_PROVIDER": "Ceph", "RCLONE_CONFIG_CEPH_ENDPOINT": made["endpoint"],
        "RCLONE_CONFIG_CEPH_ACCESS_KEY_ID": made["access_key"], "RCLONE_CONFIG_CEPH_SECRET_ACCESS_KEY": made["secret_key"],
        "AWS_ACCESS_KEY_ID": made["access_key"], "AWS_SECRET_ACCESS_KEY": made["secret_key"], "AWS_DEFAULT_REGION": made["region"],
    }  # fmt: skip
    done = subprocess.run(
        command_of(client, made, source, prefix), env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name, size in files.items():
        got = ceph.s3.get_object(Bucket=BUCKET, Key=f"{prefix}/{name}")["Body"].read()
        expected = hashlib.sha256((source / name).read_bytes()).hexdigest()
        assert (name, len(got), hashlib.sha256(got).hexdigest()) == (name, size, expected)
