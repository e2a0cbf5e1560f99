"""Languages of soundtracks: from ISO 639-2 codes in containers to BCP 47 tags and the names that people choose by."""

from __future__ import annotations

NAMES = {
    "es": "Español", "en": "English", "pt": "Português", "ca": "Català", "gl": "Galego", "eu": "Euskara", "fr": "Français",
    "de": "Deutsch", "it": "Italiano", "nl": "Nederlands", "ar": "العربية", "zh": "中文", "ja": "日本語", "ru": "Русский",
}  # fmt: skip
TAGS = {
    "spa": "es", "eng": "en", "por": "pt", "cat": "ca", "glg": "gl", "eus": "eu", "baq": "eu", "fra": "fr", "fre": "fr",
    "deu": "de", "ger": "de", "ita": "it", "nld": "nl", "dut": "nl", "ara": "ar", "zho": "zh", "chi": "zh", "jpn": "ja", "rus": "ru",
}  # fmt: skip
UNKNOWN = ("", "und", "mis", "zxx")


def tag(code: str) -> str:
    """The BCP 47 tag: the shortest code; empty when the language is not known."""
    return "" if code in UNKNOWN else TAGS.get(code, code)


def name(code: str) -> str:
    """The language's own name, or its tag."""
    return NAMES.get(tag(code), tag(code))
