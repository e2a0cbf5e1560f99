"""The searched fields that tantivy and Elasticsearch share: groups of text `<group>_exact` and `<group>_<language>`.

Metadata is analysed in every language (a newsroom describes an English film in Spanish), speech in its own when it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.search import analysis
from functions.search.documents import AssetDocument, SegmentDocument

STEMMED = ("title", "text", "said")
ASSET_GROUPS = ("title", "names", "people", "text", "said")
SEGMENT_GROUPS = ("said",)
BOOST = {"title": 4.0, "names": 2.0, "people": 3.0, "text": 1.5, "said": 1.0}
AS_WRITTEN, PREFIX, TYPO, TIE = 1.5, 0.4, 0.15, 0.2
PHRASE_BOOST, ALTERNATIVE = 2.0, 0.6
PREFIX_FROM = 2


def texts(group: str, values: Sequence[str], languages: Iterable[str]) -> dict[str, list[str]]:
    fields = [f"{group}_exact"]
    if group in STEMMED:
        fields += [f"{group}_{language}" for language in languages]
    return {field: list(values) for field in fields}


def spoken_in(code: str) -> tuple[str, ...]:
    return (code,) if code in analysis.LANGUAGES else tuple(analysis.LANGUAGES)


def asset_texts(asset: AssetDocument, segments: Sequence[SegmentDocument]) -> dict[str, list[str]]:
    """Everything that is searched of an asset; what is said goes in by language. People have their own field everywhere."""
    every = tuple(analysis.LANGUAGES)
    values = texts("title", asset.titles, every) | texts("names", asset.names, every)
    values |= texts("text", (*asset.texts, *asset.tags), every)
    for segment in segments:
        for field, spoken in segment_texts(asset, segment).items():
            values.setdefault(field, []).extend(spoken)
    return values


def segment_texts(asset: AssetDocument, segment: SegmentDocument) -> dict[str, list[str]]:
    return texts("said", (segment.text,), spoken_in(segment.language or asset.language))
