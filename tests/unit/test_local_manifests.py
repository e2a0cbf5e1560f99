"""Manifests: what is honoured becomes a plan, everything else is refused with file and line, all at once."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from knative.local.documents import Refused
from knative.local.manifests import read_manifests
from knative.local.plan import Plan, Target
from knative.local.planning import build_plan
from tests.fix_runtime import broker, route, service, trigger

CRDS = Path(__file__).parent.parent.parent.parent / "shared" / "knative-crds"
PING: dict[str, Any] = {
    "apiVersion": "sources.knative.dev/v1",
    "kind": "PingSource",
    "metadata": {"name": "minute"},
    "spec": {
        "schedule": "*/5 * * * *",
        "timezone": "Europe/Madrid",
        "contentType": "application/json",
        "data": "{}",
        "sink": {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"}},
    },
}
BINDING: dict[str, Any] = {
    "apiVersion": "sources.knative.dev/v1",
    "kind": "SinkBinding",
    "metadata": {"name": "sink"},
    "spec": {
        "subject": {
            "apiVersion": "serving.knative.dev/v1", "kind": "Service", "selector": {"matchLabels": {"says": "events"}}
        },
        "sink": PING["spec"]["sink"],
        "ceOverrides": {"extensions": {"origin": "here"}},
    },
}  # fmt: skip


def plan(tmp_path: Path, *documents: Mapping[str, Any], text: str = "") -> Plan:
    file = tmp_path / "all.yaml"
    file.write_text(text or yaml.safe_dump_all(documents, sort_keys=False))
    return build_plan(read_manifests([file]), "http://127.0.0.1:8082", {"oidc": "http://127.0.0.1:8084"})


def refusal(tmp_path: Path, *documents: Mapping[str, Any], text: str = "") -> list[str]:
    with pytest.raises(Refused) as refused:
        plan(tmp_path, *documents, text=text)
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in refused.value.faults]


def change(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one field set (`spec.template.spec.containers.0.image`)."""
    changed: Any = copy.deepcopy(dict(document))
    *parents, last = path.split("/")
    inside = changed
    for part in parents:
        inside = inside[int(part)] if part.isdecimal() else inside.setdefault(part, {})
    inside[last] = value
    return dict(changed)


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    text = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: one
spec:
  broker: nowhere
  subscriber:
    uri: http://127.0.0.1:9
  delivery:
    retry: 3
    backofPolicy: exponential
    backoffDelay: 200ms
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: two}
spec:
  broker: nowhere
  subscriber:
    ref:
      apiVersion: serving.knative.dev/v1
      kind: Service
      name: none
"""
    assert refusal(tmp_path, text=text) == [
        "all.yaml:11: spec.delivery.backofPolicy: is unknown, or not honoured on one machine",
        "all.yaml:12: spec.delivery.backoffDelay: '200ms' is not an ISO 8601 duration such as PT0.2S or PT10M",
        "all.yaml:14: apps/v1 Deployment is not a kind that runs on one machine",
        "all.yaml:22: spec.broker: no Broker nowhere",
        "all.yaml:27: spec.subscriber.ref.name: no Service none",
    ]


ONE = trigger("one", "http://127.0.0.1:9")
ECHO = service("echo", "f.py")


@pytest.mark.parametrize(
    ("document", "path", "value", "says"),
    [
        (ONE, "spec/delivery", {"retry": -1}, "greater than or equal to 0"),
        (ONE, "spec/delivery", {"retry": "3"}, "valid integer"),
        (ONE, "spec/delivery", {"backoffPolicy": "fibonacci"}, "'linear' or 'exponential'"),
        (ONE, "spec/delivery", {"timeout": "PT0S"}, "more than 0"),
        (ONE, "spec/delivery", {"retryAfterMax": "PT1S"}, "not honoured"),
        (ONE, "spec/delivery", {"format": "json"}, "'binary'"),
        (ONE, "spec/delivery", {"deadLetterSink": {}}, "needs ref or uri"),
        (ONE, "spec/subscriber", {}, "needs ref or uri"),
        (ONE, "spec/subscriber", {"uri": "/relative"}, "absolute"),
        (ONE, "spec/filter", {"attributes": {"Not-good": "x"}}, "attribute name"),
        (ONE, "spec/filter", {"attributes": {"word": True}}, "valid string"),
        (ONE, "spec/filters", [{"cesql": "type = 'x'"}], "not honoured"),
        (ONE, "spec/filters", [{"exact": {"type": "x"}, "prefix": {"type": "y"}}], "one non-empty expression"),
        (ONE, "spec/filters", [{"all": []}], "one non-empty expression"),
        (ONE, "spec/filters", [{"not": {"exact": {}}}], "one non-empty expression"),
        (ONE, "metadata/namespace", "other", "'default'"),
        (ONE, "metadata/name", "Under_score", "pattern"),
        (ECHO, "metadata/annotations", {"autoscaling.knative.dev/min-scale": "1"}, "belongs under"),
        (ECHO, "spec/template/metadata/annotations", {"autoscaling.knative.dev/minScale": "1"}, "not honoured"),
        (ECHO, "spec/template/metadata/annotations", {"autoscaling.knative.dev/max-scale": "-1"}, "whole number"),
        (ECHO, "spec/template/metadata/annotations", {"autoscaling.knative.dev/window": "5s"}, "between"),
        (ECHO, "spec/template/metadata/annotations", {"autoscaling.knative.dev/metric": "rps"}, "only concurrency"),
        (ECHO, "spec/template/metadata/annotations", {"autoscaling.knative.dev/target": "0"}, "0.01"),
        (ECHO, "spec/template/spec/containerConcurrency", 1001, "less than or equal to 1000"),
        (ECHO, "spec/template/spec/timeoutSeconds", 601, "less than or equal to 600"),
        (ECHO, "spec/template/spec/terminationGracePeriodSeconds", 5, "not honoured"),
        (ECHO, "spec/template/spec/containers/0/command", ["sh"], "not honoured"),
        (ECHO, "spec/template/spec/containers/0/env", [{"name": "PORT", "value": "1"}], "reserved"),
        (ECHO, "spec/template/spec/containers/0/env", [{"name": "A", "value": "1"}], "FUNCTION_SOURCE"),
        (ECHO, "spec/traffic", [], "not honoured"),
        (PING, "spec/schedule", "61 * * * *", "61"),
        (PING, "spec/schedule", "* * * * * *", "five fields"),
        (PING, "spec/timezone", "Mars/Base", "time zone"),
        (PING, "spec/data", "{", "not JSON"),
        (PING, "spec/ceOverrides", {"extensions": {"type": "mine"}}, "cannot override type"),
        (PING, "spec/sink", {"uri": "http://127.0.0.1:9"}, "only a Broker"),
        (route("/x", "nothing"), "spec/rules/0/matches/0/headers", [], "not honoured"),
        (route("/x", "nothing"), "spec/rules/0/backendRefs/0/name", "other", "--external other=URL"),
    ],
)  # fmt: skip
def test_what_is_not_honoured_is_refused(
    tmp_path: Path, document: dict[str, Any], path: str, value: Any, says: str
) -> None:
    faults = refusal(tmp_path, broker(), change(document, path, value))
    assert any(says in fault for fault in faults), faults


def test_a_missing_secret_or_key_is_refused_and_an_optional_one_is_not(tmp_path: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"a": "1"},
        "data": {"b": "Mg=="},
    }
    env = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "b"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "c", "optional": True}}},
    ]
    env_of = plan(tmp_path, service("echo", "f.py", env=env), secret).revisions[0].env
    assert env_of == {"FUNCTION_SOURCE": "f.py", "FUNCTION_TARGET": "main", "A": "1", "B": "2"}
    env.append({"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "d"}}})
    env.append({"name": "E", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "c"}}})
    faults = refusal(tmp_path, service("echo", "f.py", env=env), secret)
    assert ["no key d in Secret s" in faults[0], "no ConfigMap none" in faults[1], len(faults)] == [
        True,
        True,
        2,
    ]


def test_a_sink_binding_gives_its_subjects_the_brokers_address(tmp_path: Path) -> None:
    speaks = change(ECHO, "metadata/labels", {"says": "events"})
    made = plan(tmp_path, broker(), BINDING, speaks, service("quiet", "f.py"))
    env = {revision.name: revision.env for revision in made.revisions}
    assert env["echo"]["K_SINK"] == "http://127.0.0.1:8082/default/default"
    assert env["echo"]["K_CE_OVERRIDES"] == '{"extensions":{"origin":"here"}}'
    assert "K_SINK" not in env["quiet"]


def test_a_triggers_delivery_replaces_the_brokers(tmp_path: Path) -> None:
    dead = {
        "deadLetterSink": {
            "ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "echo"},
            "uri": "/dead",
        }
    }
    own = trigger("own", "echo", delivery={"retry": 1})
    made = plan(tmp_path, broker(retry=5, **dead), ECHO, own, trigger("inherits", "echo"))
    deliveries = {item.name: item.delivery for item in made.triggers}
    assert deliveries["own"].dead_letter is None
    assert deliveries["inherits"].retry == 5
    url = "http://echo.default.svc.cluster.local/dead"
    assert deliveries["inherits"].dead_letter == Target(url=url, service="echo", path="/dead")


def test_a_broker_without_delivery_has_knatives_default(tmp_path: Path) -> None:
    delivery = plan(tmp_path, broker(), ONE).triggers[0].delivery
    assert (delivery.retry, delivery.policy, delivery.delay_s, delivery.timeout_s) == (
        10,
        "exponential",
        0.2,
        None,
    )


def test_what_only_a_cluster_needs_is_reported(tmp_path: Path) -> None:
    document = change(ECHO, "spec/template/spec/containers/0/resources", {"limits": {"cpu": "1"}})
    document = change(document, "spec/template/spec/nodeSelector", {"pool": "gpu"})
    notices = [notice.removeprefix(f"{tmp_path}/") for notice in plan(tmp_path, document).notices]
    assert any("nodeSelector: accepted, not enforced here (one node)" in notice for notice in notices)
    assert any("resources: accepted, not enforced here" in notice for notice in notices)


def test_a_name_or_a_key_twice_is_refused(tmp_path: Path) -> None:
    assert "Broker default is already in" in refusal(tmp_path, broker(), broker())[0]
    assert (
        "kind: written twice"
        in refusal(tmp_path, text="apiVersion: v1\nkind: Secret\nkind: Secret\nmetadata: {name: x}\n")[0]
    )


def test_text_that_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, text="a: b\nc: [d\n")[0].startswith("all.yaml:3: not YAML")


def test_externals_and_rewritten_hosts_name_backends(tmp_path: Path) -> None:
    rewrite = {"type": "URLRewrite", "urlRewrite": {"hostname": "echo.default.svc.cluster.local"}}
    made = plan(tmp_path, ECHO, route("/oidc", "oidc"), route("/api", "kourier-internal", filters=[rewrite]))
    assert [(item.path, item.service, item.external) for item in made.routes] == [
        ("/oidc", None, "http://127.0.0.1:8084"), ("/api", "echo", None)
    ]  # fmt: skip


def _closed(schema: Any) -> Any:
    """A structural schema in which unknown fields are faults, as `kubectl --validate=strict` has it."""
    if not isinstance(schema, dict):
        return schema
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: _closed(inner) for name, inner in schema["properties"].items()}
        if "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed["additionalProperties"] = False
    if isinstance(schema.get("items"), dict):
        closed["items"] = _closed(schema["items"])
    if schema.get("x-kubernetes-int-or-string"):
        closed = {"type": ["integer", "string"]}
    return closed


@pytest.mark.skipif(not CRDS.is_dir() and "CI" not in os.environ, reason="../shared/knative-crds is not here")
def test_what_is_honoured_here_is_valid_in_a_cluster(tmp_path: Path) -> None:
    """The subset is Knative's: each of these documents is accepted here and by Knative's own schemas."""
    delivery = {
        "retry": 1,
        "backoffPolicy": "linear",
        "backoffDelay": "PT1S",
        "timeout": "PT1S",
        "deadLetterSink": {"uri": "http://127.0.0.1:9"},
    }
    filters = [
        {"all": [{"exact": {"type": "x"}}, {"not": {"prefix": {"type": "y"}}}]},
        {"any": [{"suffix": {"type": "z"}}]},
    ]
    annotations = {"min-scale": "1", "max-scale": "2", "window": "60s", "target": "1"}
    documents = [
        broker(**delivery), trigger("t", "http://127.0.0.1:9", delivery=delivery, filters=filters), PING, BINDING,
        service("s", "f.py", annotations, containerConcurrency=1, timeoutSeconds=600),
    ]  # fmt: skip
    plan(tmp_path, *documents)
    schemas = {
        (crd["spec"]["group"] + "/" + version["name"], crd["spec"]["names"]["kind"]): version["schema"][
            "openAPIV3Schema"
        ]
        for file in CRDS.glob("*.yaml")
        for crd in yaml.safe_load_all(file.read_text())
        if crd and crd.get("kind") == "CustomResourceDefinition"
        for version in crd["spec"]["versions"]
    }
    for document in documents:
        schema = _closed(schemas[document["apiVersion"], document["kind"]])
        schema["properties"] |= {name: {} for name in ("apiVersion", "kind", "metadata")}
        jsonschema.validate(document, schema)
