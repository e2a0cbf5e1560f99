"""What others rely on: the CMS document, the manifests and the events say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from acervo import events, settings
from acervo.events import Event, parse_structured, validate
from functions.publish import backoff, cms, main, news
from functions.publish.faults import TABLE

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "cms-contract.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


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
    assert cms.check(json.loads(blocks("json")[0])) == []


def test_the_documents_trigger_names_what_is_said() -> None:
    (trigger,) = yaml.safe_load_all(blocks("yaml")[0])
    types = {item["exact"]["type"] for item in trigger["spec"]["filters"][0]["any"]}
    assert types == {news.PUBLISHED, news.FAILED, news.WITHDRAWN}


def test_the_names_of_templates_are_all_documented() -> None:
    for word in cms.WORDS:
        assert re.search(rf"\b{word}\b", DOCUMENT), word


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
