"""How text becomes terms: lower case → stop words → accents folded → stem, a field for each language, and one as written.

Folding before stemming is what lets somebody type without accents: the other way round a sixth of the accented Spanish words
is not found ("economía" stems to "econom", "economia" to "economia"). The stop words that lose their accent are taken out after folding too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LANGUAGES = {"es": "spanish", "en": "english", "pt": "portuguese"}
EXACT = "exact"
LABEL = "label"  # a whole value as one term, folded: tags
MAX_TERM = 60
_SHORTEST_PLURAL = 3
_LONGEST_STOP_WORD = 15  # "estivéssemos" has twelve letters; none has two accents
_ACCENTED = {
    "es": {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "úü", "n": "ñ"},
    "en": {},
    "pt": {"a": "áàâã", "e": "éê", "i": "í", "o": "óôõ", "u": "ú", "c": "ç"},
}
_PORTUGUESE = (
    ("oes", ("ao",)), ("aes", ("ao",)), ("ao", ("oes", "aes")), ("ais", ("al",)), ("al", ("ais",)), ("eis", ("el", "il")),
    ("el", ("eis",)), ("il", ("is", "eis")), ("ois", ("ol",)), ("ol", ("ois",)), ("ns", ("m",)), ("m", ("ns",)),
)  # fmt: skip

# function words whose unaccented spelling the engine's own lists lack
_UNACCENTED = {
    "es": ["mas", "tambien", "esta", "estan", "asi", "aqui", "alli", "segun", "despues", "solo", "aun", "si", "tu", "el", "mi",
           "donde", "cuando", "como", "que", "quien", "cual", "fue", "era", "sera", "seran", "habia", "habian", "estaba", "detras"],
    "en": ["im", "ive", "dont"],
    "pt": ["nao", "sao", "esta", "estao", "tambem", "ja", "ate", "so", "ha", "voce", "voces", "as", "aos", "depois", "sera", "apos", "alem"],
}  # fmt: skip


def unaccented_stop_words(language: str) -> list[str]:
    """For an engine's own list, which has them with their accents only."""
    return list(_UNACCENTED[language])


def _words() -> TextAnalyzerBuilder:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(MAX_TERM))
        .filter(Filter.lowercase())
    )


@cache
def analyzers() -> dict[str, TextAnalyzer]:
    """By name, as the schema's fields name them."""
    made = {
        code: _words()
        .filter(Filter.stopword(name))
        .filter(Filter.ascii_fold())
        .filter(Filter.custom_stopword(_UNACCENTED[code]))
        .filter(Filter.stemmer(name))
        .build()
        for code, name in LANGUAGES.items()
    }
    made[EXACT] = _words().filter(Filter.ascii_fold()).build()
    made[LABEL] = (
        TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.lowercase()).filter(Filter.ascii_fold()).build()
    )
    return made


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[str, ...]:
    """The words of a text as written, folded."""
    return tuple(analyzers()[EXACT].analyze(text))


@lru_cache(maxsize=16_384)
def stem(language: str, word: str) -> str | None:
    """The term of one word in a language; None for a stop word."""
    found = analyzers()[language].analyze(word)
    return found[0] if found else None


@lru_cache(maxsize=16_384)
def stems(language: str, word: str) -> tuple[str, ...]:
    """The terms that a word asked for may have in a text, its own first; none for a stop word.

    Portuguese plurals in -ões, -ais, -éis, -ens are known to the stemmer by their accents, which folding took: both forms are asked for.
    """
    own = stem(language, word)
    if own is None:
        return ()
    others = (stem(language, form) for form in forms(language, word))
    return tuple(dict.fromkeys([own, *(other for other in others if other)]))


def forms(language: str, word: str) -> tuple[str, ...]:
    """What else a folded word may be written as, for an analyser that does not know: only Portuguese plurals."""
    if language == "pt" and len(word) > _SHORTEST_PLURAL:
        for ending, others in _PORTUGUESE:
            if word.endswith(ending):
                bare = word.removesuffix(ending)
                return tuple(bare + other for other in others)
    return ()


def whole_word(text: str) -> str:
    """The folded word, or nothing when there are several in it."""
    found = words(text)
    return found[0] if len(found) == 1 else ""


def label(value: str) -> str:
    """A whole value, folded."""
    found = analyzers()[LABEL].analyze(value.strip())
    return found[0] if found else ""


def is_stop_word(word: str) -> bool:
    """Whether any of the languages takes it for a function word."""
    return bool(word) and any(stem(language, word) is None for language in LANGUAGES)


@lru_cache(maxsize=16_384)
def is_stop_word_accented(language: str, word: str) -> bool:
    """Whether an accent makes a function word of it ("estará"): what is so written is in none of the language's lists, but in that of the folded word."""
    if len(word) > _LONGEST_STOP_WORD:
        return False
    analyzer, accents = analyzers()[language], _ACCENTED[language]
    return any(
        not analyzer.analyze(word[:at] + accented + word[at + 1 :])
        for at, letter in enumerate(word) for accented in accents.get(letter, ())
    )  # fmt: skip


def begins_name(name: str, typed: Sequence[str]) -> bool:
    """Every word typed but the last is a word of the name, and the last begins one."""
    parts = words(name)
    return all(word in parts for word in typed[:-1]) and any(part.startswith(typed[-1]) for part in parts)
