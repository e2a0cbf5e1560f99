"""The services of enrichment on CPU nodes and on GPU nodes: one code base, told apart by what the overlay says of node, image and device."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from functions.enrich.settings import Settings, VisionSettings
from knative.local.stack import ROOT
from tests.contract.test_kustomize import build

SERVICES = ("enrich-speech", "enrich-frames", "enrich-vision", "enrich-ocr", "enrich-embed")
ON_GPU = (
    "enrich-speech",
    "enrich-vision",
    "enrich-ocr",
)  # the others decode, or run a model that is for CPUs
GPU = "nvidia.com/gpu"


@cache
def services(overlay: str) -> dict[str, Any]:
    """The pod specification of each."""
    folder: Path = ROOT / "knative" / "overlays" / overlay
    return {
        document["metadata"]["name"]: document["spec"]["template"]["spec"]
        for document in build(folder)
        if document["kind"] == "Service" and document["metadata"]["name"] in SERVICES
    }


def environment(pod: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in pod["containers"][0]["env"]}


@pytest.mark.parametrize("name", SERVICES)
def test_on_cpu_nodes_nobody_asks_for_a_gpu(name: str) -> None:
    pod = services("cluster")[name]
    container = pod["containers"][0]
    assert GPU not in container["resources"].get("limits", {}) | container["resources"].get("requests", {})
    assert not pod.get("tolerations")
    assert environment(pod).get("ENRICH_DEVICE", "cpu") == "cpu"
    assert container["image"] == "acervo/enrich"


@pytest.mark.parametrize("name", SERVICES)
def test_on_gpu_nodes_what_models_do_has_one_gpu_and_a_place_there(name: str) -> None:
    pod, plain = services("gpu")[name], services("cluster")[name]
    if name not in ON_GPU:
        assert pod == plain
        return
    container = pod["containers"][0]
    assert container["resources"]["limits"][GPU] == "1", "a whole one; a request follows from the limit"
    assert pod["nodeSelector"]
    tolerated = {(one["key"], one["operator"], one["effect"]) for one in pod["tolerations"]}
    assert (GPU, "Exists", "NoSchedule") in tolerated
    assert set(pod["nodeSelector"]) <= {key for key, _, _ in tolerated}
    assert container["image"] == "acervo/enrich-gpu"
    assert environment(pod)["ENRICH_DEVICE"] == "cuda"


@pytest.mark.parametrize("name", ON_GPU)
def test_both_variants_run_the_same_code_and_differ_in_settings_that_it_reads(name: str) -> None:
    cpu, gpu = (environment(services(overlay)[name]) for overlay in ("cluster", "gpu"))
    changed = {key for key in cpu.keys() | gpu.keys() if cpu.get(key) != gpu.get(key)}
    assert changed <= {"ENRICH_DEVICE", "ENRICH_COMPUTE", "ENRICH_VISION_ENGINE"}
    target = {key: gpu.get(key) for key in ("FUNCTION_SOURCE", "FUNCTION_TARGET")}
    assert target == {key: cpu.get(key) for key in target}


def test_speech_computes_in_halves_and_vision_by_ultralytics_where_the_image_has_them() -> None:
    assert environment(services("gpu")["enrich-speech"])["ENRICH_COMPUTE"] == "float16"
    assert environment(services("gpu")["enrich-vision"])["ENRICH_VISION_ENGINE"] == "ultralytics"
    assert Settings.__dataclass_fields__["compute"].default == "int8"
    assert VisionSettings.__dataclass_fields__["engine"].default == "onnx"


@pytest.mark.parametrize("overlay", ["cluster", "gpu"])
def test_each_may_write_where_its_libraries_keep_their_notes(overlay: str) -> None:
    """The file system of a container is read only, and HOME is /tmp in the image."""
    for name, pod in services(overlay).items():
        mounts = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        assert "/tmp" in mounts, name
