"""Manifests and code cannot drift apart; no cluster is needed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from acervo import events, settings
from knative.local.stack import ROOT, Stack, manifest_files

PACKAGED = ("FUNCTION_SOURCE", "FUNCTION_TARGET")


def documents() -> Iterator[dict[str, Any]]:
    for file in manifest_files():
        yield from (document for document in yaml.safe_load_all(file.read_text()) if document)


DOCUMENTS = list(documents())
SERVICES = {d["metadata"]["name"]: d for d in DOCUMENTS if d["apiVersion"] == "serving.knative.dev/v1"}
TRIGGERS = {d["metadata"]["name"]: d for d in DOCUMENTS if d["kind"] == "Trigger"}


def container(service: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = service["spec"]["template"]["spec"]["containers"][0]
    return found


def environment(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in container(service)["env"]}


def module_of(service: dict[str, Any]) -> Any:
    source = Path(environment(service)["FUNCTION_SOURCE"]["value"])
    return importlib.import_module(".".join(source.with_suffix("").parts))


def app_of(service: dict[str, Any]) -> Any:
    """The Starlette app behind a service's target: `main` answers with `app`, `indexer` with `indexer_app`."""
    target = environment(service)["FUNCTION_TARGET"]["value"]
    return getattr(module_of(service), "app" if target == "main" else f"{target}_app")


def settings_of(service: dict[str, Any]) -> type:
    """`Settings` of the target `main`, `IndexerSettings` of the target `indexer`."""
    target = environment(service)["FUNCTION_TARGET"]["value"]
    found: type = getattr(
        module_of(service), "Settings" if target == "main" else f"{target.capitalize()}Settings"
    )
    return found


def filter_types(trigger: dict[str, Any]) -> set[str]:
    """Event types that a trigger lets through, as exact names or prefixes with `*`."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            for name, value in node.items():
                if name in ("exact", "attributes") and "type" in value:
                    found.add(value["type"])
                elif name == "prefix" and "type" in value:
                    found.add(value["type"] + "*")
                elif name in ("any", "all"):
                    walk(value)

    walk(trigger["spec"].get("filters") or [trigger["spec"]["filter"]])
    return found


def catalogue_types(pattern: str) -> set[str]:
    return {
        t
        for t in events.catalogue()
        if events.matches(pattern, t) or events.matches(t, pattern.rstrip("*")) or t == pattern
    }


def test_every_function_has_a_service_and_every_service_a_function() -> None:
    folders = {file.parent.name for file in (ROOT / "functions").glob("*/main.py")}
    assert folders == {
        Path(environment(service)["FUNCTION_SOURCE"]["value"]).parent.name for service in SERVICES.values()
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_services_environment_is_what_its_function_reads(name: str) -> None:
    service = SERVICES[name]
    reads = dict(settings.variables(settings_of(service)))
    given = set(environment(service)) - set(PACKAGED)
    bound = service["metadata"]["labels"].get("acervo.dev/says") == "events"
    required = {variable for variable, must in reads.items() if must}
    assert given <= set(reads), f"{name} is given what it does not read: {given - set(reads)}"
    assert required <= given, f"{name} lacks {required - given}"
    assert bound == ("K_SINK" in reads), "the sink binding selects services by the label acervo.dev/says"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_says_how_it_scales_and_what_it_needs(name: str) -> None:
    template = SERVICES[name]["spec"]["template"]
    annotations = template["metadata"]["annotations"]
    assert {
        f"autoscaling.knative.dev/{key}" for key in ("min-scale", "max-scale", "target", "window")
    } <= set(annotations)
    assert template["spec"]["containerConcurrency"] >= 1
    assert 0 < template["spec"]["timeoutSeconds"] <= 600
    resources = container(SERVICES[name])["resources"]
    assert {"cpu", "memory"} <= set(resources["requests"]), name
    assert {"cpu", "memory"} <= set(resources["limits"]), name


def test_what_the_configuration_names_exists_on_one_machine(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    for name, service in SERVICES.items():
        for item in environment(service).values():
            source = item.get("valueFrom", {})
            if "configMapKeyRef" in source:
                assert source["configMapKeyRef"]["key"] in stack.config_map(), (name, item)
            if "secretKeyRef" in source:
                ref = source["secretKeyRef"]
                assert ref["key"] in stack.secret_manifests()[ref["name"]], (name, item)


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_a_triggers_types_are_in_the_catalogue_and_its_subscriber_hears_them(name: str) -> None:
    trigger = TRIGGERS[name]
    subscriber = trigger["spec"]["subscriber"]["ref"]["name"]
    hears = app_of(SERVICES[subscriber]).state.hears
    types = filter_types(trigger)
    assert types
    for pattern in types:
        listed = catalogue_types(pattern)
        assert listed, f"{pattern} is not in the catalogue"
        for type_ in listed:
            assert any(events.matches(heard, type_) for heard in hears), f"{subscriber} does not hear {type_}"


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_a_trigger_says_all_of_its_delivery(name: str) -> None:
    delivery = TRIGGERS[name]["spec"]["delivery"]
    assert set(delivery) == {"retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink"}


def test_every_type_in_the_catalogue_is_said_and_heard_by_somebody() -> None:
    spoken = "".join(
        file.read_text()
        for folder in ("functions", "acervo", "ceph-notifications/rgw", "eventing/sources")
        for file in (ROOT / folder).rglob("*.py")
    )
    heard = {
        type_
        for trigger in TRIGGERS.values()
        for pattern in filter_types(trigger)
        for type_ in catalogue_types(pattern)
    }
    for type_ in events.catalogue():
        if type_.startswith(("com.amazonaws.", "dev.knative.")):
            assert type_ in heard
            continue
        assert f'"{type_}"' in spoken, f"nobody says {type_}"
        assert type_ in heard or events.catalogue()[type_].get("x-audience") == "cms", f"nobody hears {type_}"


def test_upload_completion_is_among_the_notified_events() -> None:
    declaration = yaml.safe_load((ROOT / "ceph-notifications" / "buckets.yaml").read_text())
    assert any(
        "ObjectCreated:*" in str(item) or "CompleteMultipartUpload" in str(item)
        for item in declaration["notifications"]
    )


def test_no_manifest_holds_a_secret() -> None:
    for document in DOCUMENTS:
        assert document["kind"] != "Secret"
