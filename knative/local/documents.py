"""YAML files as documents that remember the line of every field, so that a refusal can point at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in one place."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Refused(ValueError):
    """The manifests are not what this runtime can honour. `faults` lists everything at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Document:
    """One YAML document: plain values, and the line of each path."""

    file: str
    value: Any
    lines: dict[Where, int] = field(repr=False)

    def fault(self, where: Where, text: str) -> Fault:
        """A fault at a path, or at the nearest parent that is written in the file."""
        known = next(where[:size] for size in range(len(where), -1, -1) if where[:size] in self.lines)
        return Fault(self.file, self.lines[known], f"{dotted(where)}: {text}" if where else text)


def dotted(where: Where) -> str:
    """`("spec", "containers", 0, "env")` → `spec.containers[0].env`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def yaml_files(places: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and every `*.yaml` directly in the folders, but for the list that kustomize reads."""
    for place in places:
        if place.is_dir():
            yield from sorted(path for path in place.glob("*.yaml") if path.name != "kustomization.yaml")
        elif place.exists():
            yield place
        else:
            raise Refused([Fault(str(place), 1, "no such file or folder")])


def read_documents(path: Path, faults: list[Fault]) -> Iterator[Document]:
    """The non-empty documents of a file; what is not YAML becomes a fault."""
    loader = yaml.SafeLoader(path.read_text())  # SafeLoader: values only, as Kubernetes reads them (YAML 1.1)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines: dict[Where, int] = {}
            value = _build(loader, node, (), lines, str(path), faults)
            if value is not None:
                yield Document(str(path), value, lines)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        faults.append(Fault(str(path), mark.line + 1 if mark else 1, f"not YAML: {fault.problem}"))
    finally:
        loader.dispose()


def _build(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    where: Where,
    lines: dict[Where, int],
    file: str,
    faults: list[Fault],
) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*where, at), lines, file, faults) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    loader.flatten_mapping(node)
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in built:
            faults.append(
                Fault(file, key_node.start_mark.line + 1, f"{dotted((*where, key))}: written twice")
            )
        lines[(*where, key)] = key_node.start_mark.line + 1
        built[key] = _build(loader, value_node, (*where, key), lines, file, faults)
    return built
