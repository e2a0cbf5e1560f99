"""The honoured subset of the Kubernetes kinds, strictly: a field that is not here, and not in `NOT_ENFORCED`, is refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from knative.local.durations import parse_go, parse_iso

RESERVED_ENV = {"K_SERVICE", "K_CONFIGURATION", "K_REVISION", "PORT"}
_ATTRIBUTE = re.compile(r"^[a-z][a-z0-9]*$")
_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"

#: Fields that a cluster needs and that mean nothing on one machine: accepted, reported at start, and not enforced here.
NOT_ENFORCED: dict[str, dict[tuple[str, ...], str]] = {
    "Service": {
        ("spec", "template", "metadata", "labels"): "nothing selects pods here",
        ("spec", "template", "spec", "nodeSelector"): "one node",
        ("spec", "template", "spec", "tolerations"): "one node",
        ("spec", "template", "spec", "affinity"): "one node",
        ("spec", "template", "spec", "topologySpreadConstraints"): "one node",
        ("spec", "template", "spec", "priorityClassName"): "no scheduler",
        ("spec", "template", "spec", "runtimeClassName"): "no containers",
        ("spec", "template", "spec", "securityContext"): "no containers",
        ("spec", "template", "spec", "serviceAccountName"): "no cluster API",
        ("spec", "template", "spec", "automountServiceAccountToken"): "no cluster API",
        ("spec", "template", "spec", "imagePullSecrets"): "no images",
        ("spec", "template", "spec", "volumes"): "the machine's own disk is used",
        ("spec", "template", "spec", "containers", "*", "image"): "the working tree is run",
        ("spec", "template", "spec", "containers", "*", "imagePullPolicy"): "no images",
        ("spec", "template", "spec", "containers", "*", "ports"): "a free port is given in PORT",
        ("spec", "template", "spec", "containers", "*", "resources"): "no limits are set on processes",
        ("spec", "template", "spec", "containers", "*", "securityContext"): "no containers",
        ("spec", "template", "spec", "containers", "*", "volumeMounts"): "the machine's own disk is used",
        (
            "spec",
            "template",
            "spec",
            "containers",
            "*",
            "readinessProbe",
        ): "an instance says when it is ready",
        (
            "spec",
            "template",
            "spec",
            "containers",
            "*",
            "livenessProbe",
        ): "an instance that exits is replaced",
        ("spec", "template", "spec", "containers", "*", "startupProbe"): "an instance says when it is ready",
    },
    "Broker": {
        ("metadata", "annotations"): "the broker class is this runtime",
        ("spec", "config"): "the queue is PostgreSQL",
    },
    "HTTPRoute": {
        ("spec", "parentRefs"): "one gateway",
        ("spec", "hostnames"): "one origin",
        ("spec", "rules", "*", "backendRefs", "*", "port"): "the port is known",
    },
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


def _attributes(value: dict[str, str]) -> dict[str, str]:
    for name in value:
        if not _ATTRIBUTE.match(name):
            raise ValueError(
                f"attribute name {name!r} must start with a letter and hold only a to z and 0 to 9"
            )
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


Name = Annotated[str, Field(pattern=_NAME)]
Attributes = Annotated[dict[str, str], AfterValidator(_attributes)]
IsoDuration = Annotated[float, BeforeValidator(parse_iso)]
GoDuration = Annotated[float, BeforeValidator(parse_go)]


class Metadata(Strict):
    name: Name
    namespace: Literal["default"] = "default"  # one machine has one namespace
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Reference(Strict):
    api_version: str
    kind: str
    name: Name
    namespace: Literal["default"] = "default"


class Destination(Strict):
    ref: Reference | None = None
    uri: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Destination:
        if self.ref is None and self.uri is None:
            raise ValueError("needs ref or uri")
        if self.ref is None and not re.match(r"^https?://[^/]+", self.uri or ""):
            raise ValueError("uri must be an absolute http(s) URL when there is no ref")
        return self


class Delivery(Strict):
    """Knative's DeliverySpec. `retryAfterMax` is behind a feature gate there, and refused here."""

    retry: Annotated[int, Field(ge=0)] = 0
    backoff_policy: Literal["linear", "exponential"] = "exponential"
    backoff_delay: IsoDuration = 0.0
    timeout: Annotated[IsoDuration, AfterValidator(_positive)] | None = None
    format: Literal["binary"] = "binary"
    dead_letter_sink: Destination | None = None


class BrokerSpec(Strict):
    #: config-br-defaults of a fresh installation
    delivery: Delivery = Delivery.model_validate(
        {"retry": 10, "backoffPolicy": "exponential", "backoffDelay": "PT0.2S"}
    )


class Filter(Strict):
    """One expression of the subscriptions API; CESQL is not honoured."""

    exact: Attributes | None = None
    prefix: Attributes | None = None
    suffix: Attributes | None = None
    all_of: list[Filter] | None = Field(None, alias="all")
    any_of: list[Filter] | None = Field(None, alias="any")
    negated: Filter | None = Field(None, alias="not")

    @model_validator(mode="after")
    def _one_expression(self) -> Filter:
        written = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(written) != 1 or getattr(self, written[0]) in ({}, []):
            raise ValueError("must hold one non-empty expression of exact, prefix, suffix, all, any, not")
        return self


class AttributesFilter(Strict):
    attributes: Attributes = {}


class TriggerSpec(Strict):
    broker: Name
    subscriber: Destination
    filter: AttributesFilter = AttributesFilter()
    filters: list[Filter] = []
    delivery: Delivery | None = None


class Overrides(Strict):
    extensions: Attributes = {}

    @model_validator(mode="after")
    def _not_core(self) -> Overrides:
        core = {"id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema"}
        if taken := core & set(self.extensions):
            raise ValueError(f"extensions cannot override {', '.join(sorted(taken))}")
        return self


class PingSourceSpec(Strict):
    schedule: str
    timezone: str = "UTC"
    content_type: str = "application/json"
    data: str = ""
    sink: Destination
    ce_overrides: Overrides = Overrides()


class Selector(Strict):
    match_labels: Annotated[dict[str, str], Field(min_length=1)]


class Subject(Strict):
    api_version: Literal["serving.knative.dev/v1"]
    kind: Literal["Service"]
    namespace: Literal["default"] = "default"
    name: Name | None = None
    selector: Selector | None = None

    @model_validator(mode="after")
    def _one(self) -> Subject:
        if (self.name is None) == (self.selector is None):
            raise ValueError("needs either name or selector")
        return self


class SinkBindingSpec(Strict):
    subject: Subject
    sink: Destination
    ce_overrides: Overrides = Overrides()


class KeyReference(Strict):
    name: Name
    key: str
    optional: bool = False


class ValueFrom(Strict):
    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None

    @model_validator(mode="after")
    def _one(self) -> ValueFrom:
        if (self.config_map_key_ref is None) == (self.secret_key_ref is None):
            raise ValueError("needs either configMapKeyRef or secretKeyRef")
        return self


class EnvVar(Strict):
    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
    value: str = ""
    value_from: ValueFrom | None = None

    @model_validator(mode="after")
    def _sound(self) -> EnvVar:
        if self.name in RESERVED_ENV:
            raise ValueError(f"{self.name} is reserved: Knative sets it")
        if self.value and self.value_from:
            raise ValueError("has both value and valueFrom")
        return self


class Container(Strict):
    name: str = "user-container"
    env: list[EnvVar] = []


class RevisionSpec(Strict):
    container_concurrency: Annotated[int, Field(ge=0, le=1000)] = 0
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 300
    containers: Annotated[list[Container], Field(min_length=1, max_length=1)]


class TemplateMetadata(Strict):
    annotations: dict[str, str] = {}


class Template(Strict):
    metadata: TemplateMetadata = TemplateMetadata()
    spec: RevisionSpec


class ServiceSpec(Strict):
    template: Template


class PathMatch(Strict):
    type: Literal["PathPrefix", "Exact"] = "PathPrefix"
    value: Annotated[str, Field(pattern=r"^/")] = "/"


class RouteMatch(Strict):
    path: PathMatch = PathMatch()


class PathRewrite(Strict):
    type: Literal["ReplaceFullPath", "ReplacePrefixMatch"]
    replace_full_path: str | None = None
    replace_prefix_match: str | None = None

    @model_validator(mode="after")
    def _matches_type(self) -> PathRewrite:
        full = self.type == "ReplaceFullPath"
        if (self.replace_full_path is None) == full or (self.replace_prefix_match is None) != full:
            raise ValueError(f"needs {'replaceFullPath' if full else 'replacePrefixMatch'}, and it alone")
        return self


class UrlRewrite(Strict):
    hostname: str | None = None
    path: PathRewrite | None = None


class RouteFilter(Strict):
    type: Literal["URLRewrite"]
    url_rewrite: UrlRewrite


class BackendRef(Strict):
    name: Name
    group: Literal["", "serving.knative.dev"] = ""
    kind: Literal["Service"] = "Service"
    namespace: str | None = None


class RouteTimeouts(Strict):
    request: GoDuration = 0.0


class RouteRule(Strict):
    name: str = ""
    matches: Annotated[list[RouteMatch], Field(min_length=1)] = [RouteMatch()]
    filters: Annotated[list[RouteFilter], Field(max_length=1)] = []
    backend_refs: Annotated[list[BackendRef], Field(min_length=1, max_length=1)]
    timeouts: RouteTimeouts = RouteTimeouts()


class HTTPRouteSpec(Strict):
    rules: Annotated[list[RouteRule], Field(min_length=1)]


class Resource(Strict):
    api_version: str
    kind: str
    metadata: Metadata


class Service(Resource):
    spec: ServiceSpec


class Broker(Resource):
    spec: BrokerSpec = BrokerSpec()


class Trigger(Resource):
    spec: TriggerSpec


class PingSource(Resource):
    spec: PingSourceSpec


class SinkBinding(Resource):
    spec: SinkBindingSpec


class HTTPRoute(Resource):
    spec: HTTPRouteSpec


class ConfigMap(Resource):
    data: dict[str, str] = {}
    immutable: bool = False


class Secret(Resource):
    type: str = "Opaque"
    data: dict[str, str] = {}
    string_data: dict[str, str] = {}
    immutable: bool = False


KINDS: dict[tuple[Any, Any], type[Resource]] = {
    ("serving.knative.dev/v1", "Service"): Service,
    ("eventing.knative.dev/v1", "Broker"): Broker,
    ("eventing.knative.dev/v1", "Trigger"): Trigger,
    ("sources.knative.dev/v1", "PingSource"): PingSource,
    ("sources.knative.dev/v1", "SinkBinding"): SinkBinding,
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): HTTPRoute,
    ("v1", "ConfigMap"): ConfigMap,
    ("v1", "Secret"): Secret,
}
