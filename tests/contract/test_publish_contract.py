"""What others rely on: the CMS document, the manifests and the events say what the code does."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from acervo import events, settings
from acervo.channels import OURS, kinds
from acervo.channels.cms import CMS, WORDS
from acervo.channels.requirements import Requirements
from acervo.events import Event, parse_structured, validate
from cli.main import app
from functions.publish import backoff, main, news, registry
from functions.publish.connector import ConnectorKind
from functions.publish.faults import TABLE

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "cms-contract.md").read_text()


GUIDE = (ROOT / "docs" / "publishing.md").read_text()


def blocks(language: str, document: str = DOCUMENT) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


def test_every_command_of_the_guide_is_one() -> None:
    lines = [line.split("#")[0].split() for text in blocks("sh", GUIDE) for line in text.splitlines()]
    known = typer.main.get_command(app)
    for words in lines:
        assert words[0] == "acervo"
        command: Any = known
        while hasattr(command, "commands"):
            command, words = command.commands[words[1]], words[1:]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_the_example_of_the_guide_is_a_channel() -> None:
    channel = json.loads(blocks("json", GUIDE)[0])
    assert kinds()[channel["type"]].faults(channel["settings"]) == []


def test_every_event_of_the_document_is_in_the_catalogue_and_linked() -> None:
    named = set(re.findall(r"`(acervo\.publication\.[a-z.]+\.v1)`", DOCUMENT))
    assert named <= set(events.catalogue())
    for name in re.findall(r"\(\.\./(eventing/catalogue/[^)]+\.json)\)", DOCUMENT):
        assert (ROOT / name).exists()


@pytest.mark.parametrize("number", range(2))
def test_the_examples_in_curl_are_valid_events(number: int) -> None:
    text = blocks("sh")[number]
    attributes = dict(re.findall(r"ce-([a-z]+): ([^']+)'", text))
    found = re.search(r"-d '(\{.*\})'", text)
    assert found is not None
    validate(
        Event(
            id=attributes["id"],
            source=attributes["source"],
            type=attributes["type"],
            data=json.loads(found.group(1)),
        )
    )


def test_the_example_in_python_is_a_valid_event() -> None:
    found = re.search(r"event = (\{.*?\n\})", blocks("python")[0], re.DOTALL)
    assert found is not None
    validate(parse_structured(eval(found.group(1), {})))  # noqa: S307  # our own document


def test_the_example_of_a_channel_is_accepted() -> None:
    assert CMS.faults(json.loads(blocks("json")[0])) == []


def test_the_documents_trigger_names_what_is_said() -> None:
    (trigger,) = yaml.safe_load_all(blocks("yaml")[0])
    types = {item["exact"]["type"] for item in trigger["spec"]["filters"][0]["any"]}
    assert types == {news.PUBLISHED, news.FAILED, news.WITHDRAWN}


def test_the_names_of_templates_are_all_documented() -> None:
    for word in WORDS:
        assert re.search(rf"\b{word}\b", DOCUMENT), word


def test_every_connector_is_described_and_every_description_has_a_connector() -> None:
    assert sorted(registry.OURS) == sorted(kind.type for kind in OURS)
    for kind in OURS:
        connector = registry.kind_of(kind.type)
        assert isinstance(connector, ConnectorKind)
        assert connector.told is kind
        assert connector.needs_secret is bool(kind.sets)


def test_what_a_channel_may_require_is_what_the_publisher_looks_at() -> None:
    for kind in OURS:
        described = kind.schema["properties"]["requirements"]["properties"]
        assert set(described) == {field.name for field in fields(Requirements)}


def test_what_a_connector_reads_of_its_settings_is_described() -> None:
    """Every name that the code asks the settings for is one that an operator may give."""
    for kind in OURS:
        if kind.type == "mos":  # its delivery's settings are those of another kind
            continue
        text = Path(str(import_module(registry.OURS[kind.type]).__file__)).read_text()
        read = set(re.findall(r"settings(?:\.get\(|\[)\"([a-z_]+)\"", text))
        assert read <= set(kind.schema["properties"]), kind.type


def test_five_attempts_are_promised_and_kept() -> None:
    assert "5 times" in DOCUMENT
    assert backoff.ATTEMPTS == 5


def _triggers() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "eventing" / "triggers" / "publish.yaml").read_text()))


def test_the_triggers_bring_exactly_what_the_function_hears() -> None:
    brought: set[str] = set()
    for trigger in _triggers():
        spec = trigger["spec"]
        brought |= (
            {spec["filter"]["attributes"]["type"]}
            if "filter" in spec
            else {item["exact"]["type"] for item in spec["filters"][0]["any"]}
        )
    assert brought == set(main.app.state.hears)


def test_a_slice_ends_well_within_a_request() -> None:
    (service,) = yaml.safe_load_all((ROOT / "knative" / "services" / "publish.yaml").read_text())
    assert (
        main.Settings.__dataclass_fields__["slice_s"].default
        <= service["spec"]["template"]["spec"]["timeoutSeconds"] / 2
    )


def test_the_service_sets_what_the_function_requires() -> None:
    (service,) = yaml.safe_load_all((ROOT / "knative" / "services" / "publish.yaml").read_text())
    given = {item["name"] for item in service["spec"]["template"]["spec"]["containers"][0]["env"]}
    known = dict(settings.variables(main.Settings))
    assert {name for name, required in known.items() if required} <= given
    assert given - {"FUNCTION_SOURCE", "FUNCTION_TARGET"} <= set(known)


def test_every_code_is_known_where_it_is_raised() -> None:
    for file in (ROOT / "functions" / "publish").glob("*.py"):
        for code in re.findall(r"Fault\(\s*\"([a-z-]+)\"", file.read_text()):
            assert code in TABLE, f"{file.name}: {code}"
