"""Analyzers of the Elasticsearch that we play, made from an index's settings filter by filter (Guide 8.19, "Text analysis")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from tests.fakes.elasticsearch_faults import Fault, only

Source = dict[str, Any]


_LANGUAGES = {"spanish", "english", "portuguese"}
_FOLDED_ONLY = {"lowercase": Filter.lowercase, "asciifolding": Filter.ascii_fold}


def analyzers(settings: Source) -> dict[str, Callable[[str], list[str]]]:
    """Made from `settings.analysis`: unknown tokenizers and filters are refused, the order of filters is kept."""
    only(settings, {"tokenizer", "filter", "analyzer"}, "analysis")
    made: dict[str, Callable[[str], list[str]]] = {}
    for name, chain in settings.get("analyzer", {}).items():
        only(chain, {"type", "tokenizer", "filter"}, f"analyzer {name}")
        tokenizer = settings["tokenizer"].get(chain["tokenizer"])
        if chain["type"] != "custom" or tokenizer is None or tokenizer["type"] != "char_group":
            raise Fault(400, "illegal_argument_exception", f"analyzer [{name}] is not one of this fake's")
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        for step in chain["filter"]:
            builder = builder.filter(_filter(step, settings.get("filter", {})))
        made[name] = builder.build().analyze
    return made


def _filter(name: str, own: Mapping[str, Source]) -> Any:
    if name in _FOLDED_ONLY:
        return _FOLDED_ONLY[name]()
    if name not in own:
        raise Fault(400, "illegal_argument_exception", f"failed to find filter [{name}]")
    value = own[name]
    if value["type"] == "length":
        return Filter.remove_long(value["max"])
    if value["type"] == "stop" and isinstance(value["stopwords"], list):
        return Filter.custom_stopword(value["stopwords"])
    if value["type"] == "stop" and value["stopwords"].strip("_") in _LANGUAGES:
        return Filter.stopword(value["stopwords"].strip("_"))
    if value["type"] == "stemmer" and value["language"] in _LANGUAGES:
        return Filter.stemmer(value["language"])
    raise Fault(400, "illegal_argument_exception", f"filter [{name}]")
