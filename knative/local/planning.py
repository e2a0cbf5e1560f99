"""Manifests to plan: resolves every reference (ConfigMaps, Secrets, sinks, subscribers, backends) or says what is missing. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from knative.local.autoscaling import parse_scaling
from knative.local.documents import Refused, Where
from knative.local.manifests import Loaded, Manifests
from knative.local.models import (
    Broker,
    ConfigMap,
    Delivery,
    Destination,
    HTTPRoute,
    KeyReference,
    PingSource,
    RouteRule,
    Secret,
    Service,
    SinkBinding,
    Trigger,
)
from knative.local.plan import DeliveryPlan, PingPlan, Plan, RevisionPlan, RoutePlan, Target, TriggerPlan

NAMESPACE = "default"
_EXPANSION = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
}


def build_plan(manifests: Manifests, broker_url: str, externals: Mapping[str, str]) -> Plan:
    """The plan of all manifests together.

    Args:
        broker_url: where the ingress will listen, without a path.
        externals: plain Services that a route may name → their origin.

    Raises:
        Refused: everything that is wrong, in all files.
    """
    planner = _Planner(manifests, broker_url.rstrip("/"), externals)
    plan = Plan(
        revisions=tuple(filter(None, map(planner.revision, manifests.of(Service).values()))),
        brokers=tuple(manifests.of(Broker)),
        triggers=tuple(filter(None, map(planner.trigger, manifests.of(Trigger).values()))),
        pings=tuple(filter(None, map(planner.ping, manifests.of(PingSource).values()))),
        routes=tuple(
            route for loaded in manifests.of(HTTPRoute).values() for route in planner.routes(loaded)
        ),
        notices=tuple(manifests.notices),
    )
    if manifests.faults:
        raise Refused(manifests.faults)
    return plan


class _Planner:
    def __init__(self, manifests: Manifests, broker_url: str, externals: Mapping[str, str]) -> None:
        self.manifests = manifests
        self.broker_url = broker_url
        self.externals = externals
        self.bindings = list(manifests.of(SinkBinding).values())
        for loaded in self.bindings:
            subject = loaded.resource.spec.subject
            if subject.name and subject.name not in manifests.of(Service):
                manifests.refuse(loaded, ("spec", "subject", "name"), f"no Service {subject.name}")

    # -- destinations ---------------------------------------------------------------------------------------------
    def target(
        self, loaded: Loaded, where: Where, destination: Destination, *, broker_only: bool = False
    ) -> Target | None:
        ref = destination.ref
        if ref is None:
            if broker_only:
                self.manifests.refuse(loaded, where, "only a Broker is honoured as sink here")
                return None
            return Target(url=str(destination.uri))
        if ref.kind == "Broker" and ref.api_version == "eventing.knative.dev/v1":
            if ref.name not in self.manifests.of(Broker):
                self.manifests.refuse(loaded, (*where, "ref", "name"), f"no Broker {ref.name}")
            if destination.uri is not None:
                self.manifests.refuse(loaded, (*where, "uri"), "a Broker has no paths")
            return Target(url=f"{self.broker_url}/{NAMESPACE}/{ref.name}", broker=ref.name)
        if ref.kind == "Service" and ref.api_version == "serving.knative.dev/v1" and not broker_only:
            if ref.name not in self.manifests.of(Service):
                self.manifests.refuse(loaded, (*where, "ref", "name"), f"no Service {ref.name}")
            path = destination.uri or "/"
            if not path.startswith("/"):
                self.manifests.refuse(loaded, (*where, "uri"), "must start with / beside a ref")
            return Target(
                url=f"http://{ref.name}.{NAMESPACE}.svc.cluster.local{path}", service=ref.name, path=path
            )
        allowed = "a Broker" if broker_only else "a Knative Service or a Broker"
        self.manifests.refuse(
            loaded, (*where, "ref"), f"{ref.api_version} {ref.kind}: only {allowed} is honoured here"
        )
        return None

    def delivery(self, loaded: Loaded, delivery: Delivery) -> DeliveryPlan:
        sink = delivery.dead_letter_sink
        where: Where = ("spec", "delivery", "deadLetterSink")
        return DeliveryPlan(
            retry=delivery.retry,
            policy=delivery.backoff_policy,
            delay_s=delivery.backoff_delay,
            timeout_s=delivery.timeout,
            dead_letter=self.target(loaded, where, sink) if sink else None,
        )

    # -- eventing -------------------------------------------------------------------------------------------------
    def trigger(self, loaded: Loaded) -> TriggerPlan | None:
        spec = loaded.resource.spec
        broker = self.manifests.of(Broker).get(spec.broker)
        if broker is None:
            self.manifests.refuse(loaded, ("spec", "broker"), f"no Broker {spec.broker}")
        subscriber = self.target(loaded, ("spec", "subscriber"), spec.subscriber)
        # a trigger's delivery replaces the broker's whole one: nothing is merged, the dead letter sink included
        delivery = self.delivery(loaded, spec.delivery) if spec.delivery else None
        if delivery is None and broker is not None:
            delivery = self.delivery(broker, broker.resource.spec.delivery)
        if subscriber is None or delivery is None:
            return None
        attributes = {} if spec.filters else spec.filter.attributes  # `filters` overrides `filter`
        return TriggerPlan(loaded.name, spec.broker, attributes, tuple(spec.filters), subscriber, delivery)

    def ping(self, loaded: Loaded) -> PingPlan | None:
        spec = loaded.resource.spec
        schedule = _SHORTHANDS.get(spec.schedule, spec.schedule)
        try:
            if len(schedule.split()) != 5:
                raise CronSimError("needs five fields")
            CronSim(schedule, datetime.now(UTC))
        except CronSimError as fault:
            self.manifests.refuse(loaded, ("spec", "schedule"), f"{spec.schedule!r}: {fault}")
        try:
            ZoneInfo(spec.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            self.manifests.refuse(loaded, ("spec", "timezone"), f"{spec.timezone!r} is not a time zone")
        if spec.content_type == "application/json" and spec.data and not _is_json(spec.data):
            self.manifests.refuse(loaded, ("spec", "data"), "is not JSON")
        sink = self.target(loaded, ("spec", "sink"), spec.sink, broker_only=True)
        if sink is None or sink.broker is None:
            return None
        return PingPlan(
            loaded.name,
            schedule,
            spec.timezone,
            spec.content_type,
            spec.data,
            sink.broker,
            spec.ce_overrides.extensions,
        )

    # -- serving --------------------------------------------------------------------------------------------------
    def revision(self, loaded: Loaded) -> RevisionPlan:
        resource = loaded.resource
        for name in resource.metadata.annotations:
            if name.startswith("autoscaling.knative.dev/"):
                where: Where = ("metadata", "annotations", name)
                self.manifests.refuse(loaded, where, "belongs under spec.template.metadata.annotations")
        place: Where = ("spec", "template", "metadata", "annotations")
        scaling, faults, unenforced = parse_scaling(resource.spec.template.metadata.annotations)
        for name, text in faults.items():
            self.manifests.refuse(loaded, (*place, name), text)
        for name in unenforced:
            note = "accepted, not enforced here (demand is followed at once)"
            self.manifests.notices.append(str(loaded.document.fault((*place, name), note)))
        spec = resource.spec.template.spec
        return RevisionPlan(
            loaded.name,
            self.environment(loaded),
            scaling,
            spec.container_concurrency,
            float(spec.timeout_seconds),
        )

    def environment(self, loaded: Loaded) -> dict[str, str]:
        env: dict[str, str] = {}
        container: Where = ("spec", "template", "spec", "containers", 0)
        for at, item in enumerate(loaded.resource.spec.template.spec.containers[0].env):
            where: Where = (*container, "env", at)
            if item.name in env:
                self.manifests.refuse(loaded, where, f"{item.name} is given twice")
            if item.value_from is None:
                env[item.name] = _expand(item.value, env)
            elif (found := self.referenced(loaded, where, item.value_from)) is not None:
                env[item.name] = found
        if not env.get("FUNCTION_SOURCE"):
            self.manifests.refuse(loaded, container, "env needs FUNCTION_SOURCE: what one machine runs")
        return self.sink(loaded) | env

    def referenced(self, loaded: Loaded, where: Where, source: object) -> str | None:
        map_ref: KeyReference | None = getattr(source, "config_map_key_ref", None)
        ref: KeyReference = map_ref or getattr(source, "secret_key_ref")  # noqa: B009  # one of the two is set: the model says so
        kind = ConfigMap if map_ref else Secret
        holder = self.manifests.of(kind).get(ref.name)
        value = self.values(holder).get(ref.key) if holder else None
        if value is None and not ref.optional:
            what = (
                f"{kind.__name__} {ref.name}"
                if holder is None
                else f"key {ref.key} in {kind.__name__} {ref.name}"
            )
            field = "configMapKeyRef" if map_ref else "secretKeyRef"
            self.manifests.refuse(loaded, (*where, "valueFrom", field), f"no {what}")
        return value

    def values(self, holder: Loaded) -> dict[str, str]:
        if isinstance(holder.resource, ConfigMap):
            return dict(holder.resource.data)
        values: dict[str, str] = {}
        for key, text in holder.resource.data.items():
            try:
                values[key] = base64.b64decode(text, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                self.manifests.refuse(holder, ("data", key), "is not text in base64")
                values[key] = ""
        values.update(holder.resource.string_data)
        return values

    def sink(self, loaded: Loaded) -> dict[str, str]:
        """`K_SINK` and `K_CE_OVERRIDES` from the SinkBindings whose subject this service is."""
        env: dict[str, str] = {}
        for binding in self.bindings:
            subject = binding.resource.spec.subject
            labels = loaded.resource.metadata.labels
            wanted = subject.selector.match_labels if subject.selector else {}
            if subject.name not in (None, loaded.name) or not wanted.items() <= labels.items():
                continue
            target = self.target(binding, ("spec", "sink"), binding.resource.spec.sink, broker_only=True)
            if "K_SINK" in env:
                self.manifests.refuse(
                    binding, ("spec", "subject"), f"Service {loaded.name} has a sink already"
                )
            if target is not None:
                env["K_SINK"] = target.url
            if extensions := binding.resource.spec.ce_overrides.extensions:
                env["K_CE_OVERRIDES"] = json.dumps({"extensions": extensions}, separators=(",", ":"))
        return env

    # -- routes ---------------------------------------------------------------------------------------------------
    def routes(self, loaded: Loaded) -> list[RoutePlan]:
        plans = []
        for at, rule in enumerate(loaded.resource.spec.rules):
            plans += self.rule(loaded, ("spec", "rules", at), rule)
        return plans

    def rule(self, loaded: Loaded, where: Where, rule: RouteRule) -> list[RoutePlan]:
        rewrite = rule.filters[0].url_rewrite if rule.filters else None
        host = rewrite.hostname if rewrite else None
        path = rewrite.path if rewrite else None
        backend = rule.backend_refs[0].name
        # a ksvc behind the cluster's gateway is named by the rewritten host: `name.namespace.svc.cluster.local`
        named = (host or "").split(".")[0]
        service = next((name for name in (named, backend) if name in self.manifests.of(Service)), None)
        external = self.externals.get(backend) if service is None else None
        if service is None and external is None:
            known = f"no Service {backend}, and no --external {backend}=URL"
            self.manifests.refuse(loaded, (*where, "backendRefs", 0, "name"), known)
        return [
            RoutePlan(
                exact=match.path.type == "Exact",
                path=match.path.value,
                service=service,
                external=external,
                host=host,
                replace_full=path.replace_full_path if path else None,
                replace_prefix=path.replace_prefix_match if path else None,
                timeout_s=rule.timeouts.request,
            )
            for match in rule.matches
        ]


def _expand(text: str, env: Mapping[str, str]) -> str:
    """Kubernetes' `$(NAME)`: a variable defined before; unknown ones stay as they are, `$$` is a dollar."""
    return _EXPANSION.sub(lambda found: "$" if found[0] == "$$" else env.get(found[1], found[0]), text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
