"""What enrichment needs around it: pgvector, models out of our own bucket, the names of a project."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from acervo.errors import Permanent
from acervo.function import ObjectSettings
from acervo.migrate import migrate
from acervo.objects import Objects
from functions.enrich import fetch, models, whisper
from functions.enrich.models import Model, ModelFile, Piece
from functions.enrich.pcm import Samples
from knative.local.postgres import Postgres
from tests.fix_ceph import Ceph
from tests.fix_speech import Speech


def test_a_server_without_pgvector_is_told_what_is_missing(postgres: Postgres) -> None:
    """A user who may not create the extension stands for a server that has none: the statement fails in the same place."""
    name = f"plain_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"create role {name} login password 'x'")
        connection.execute(f"create database {name} owner {name}")
    try:
        with pytest.raises(
            psycopg.Error, match=r'Acervo needs pgvector 0\.8 or newer: install the extension "vector"'
        ):
            migrate(f"postgresql://{name}:x@127.0.0.1:{postgres.port}/{name}")
    finally:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")
            connection.execute(f"drop role {name}")


@pytest.mark.ceph
def test_a_model_of_our_own_comes_out_of_our_bucket(
    ceph: Ceph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = secrets.token_bytes(3 << 20)
    objects = Objects(ObjectSettings(
        endpoint=ceph.endpoint, public_endpoint=ceph.endpoint, access_key=ceph.config.access_key, secret_key=ceph.config.secret_key,
    ))  # fmt: skip
    try:
        objects.put_bytes(objects.proxies, "models/own/1.onnx", data, "application/octet-stream")
    finally:
        objects.client.close()
    file = ModelFile(
        "own.onnx", sha256(data).hexdigest(), (Piece(uri=f"s3://{objects.proxies}/models/own/1.onnx"),)
    )
    model = Model("own", "1", "vision", "ours", "own", (), (file,))
    with pytest.raises(Permanent, match="needs an object store"):
        fetch.fetch([model], tmp_path)
    monkeypatch.setenv("S3_ENDPOINT", ceph.endpoint)
    monkeypatch.setenv("S3_ACCESS_KEY", ceph.config.access_key)
    monkeypatch.setenv("S3_SECRET_KEY", ceph.config.secret_key)
    assert fetch.fetch([model], tmp_path) == ["own"]
    assert (models.resolve(model, tmp_path) / "own.onnx").read_bytes() == data


def test_a_recogniser_listens_for_the_names_of_a_project(models_dir: Path, spanish_speech: Speech) -> None:
    import numpy as np

    samples: Samples = np.frombuffer(spanish_speech.prompt("demo-abouttotry"), "<i2")[: 16_000 * 9]
    how = whisper.Chosen(threads=1, beam=1, languages=("es", "en", "pt"))
    plain = whisper.load("whisper-base", models_dir, how)
    told = plain.listening_for("Asterisk, Digium")
    assert told.label == plain.label
    said, heard = (
        " ".join(segment.text for segment in recogniser.recognise(samples)) for recogniser in (plain, told)
    )
    assert not {"Asterisk", "Digium"} & set(re.findall(r"\w+", said))
    assert {"Asterisk", "Digium"} <= set(re.findall(r"\w+", heard))
