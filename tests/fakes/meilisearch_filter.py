"""The filter language of the Meilisearch that we play, by its documented grammar ("Filter expression reference")."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.meilisearch_faults import Fault

MAX_VALUE_BYTES = 468
Document = dict[str, Any]


_TOKEN = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(>=|<=|!=|[()\[\],=<>])|([\w.-]+))""")
_KEYWORDS = {"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH"}
Check = Callable[[Document], bool]


class FilterParser:
    """Recursive descent over the documented grammar; `allowed(attribute, comparison)` refuses attributes."""

    def __init__(self, text: str, allowed: Callable[[str, bool], None]) -> None:
        self._tokens: list[str] = []
        self._allowed = allowed
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise Fault(
                    400, "invalid_search_filter", f"Was expecting an operation at {text[at : at + 20]!r}"
                )
            self._tokens.append(found[0].strip())
            at = found.end()
        self._at = 0

    def parse(self) -> Check:
        check = self._or()
        if self._at < len(self._tokens):
            raise self._wrong("Found unexpected characters at the end of the filter")
        return check

    def _or(self) -> Check:
        checks = [self._and()]
        while self._take("OR"):
            checks.append(self._and())
        return lambda d: any(check(d) for check in checks)

    def _and(self) -> Check:
        checks = [self._not()]
        while self._take("AND"):
            checks.append(self._not())
        return lambda d: all(check(d) for check in checks)

    def _not(self) -> Check:
        if self._take("NOT"):
            check = self._not()
            return lambda d: not check(d)
        if self._take("("):
            check = self._or()
            self._expect(")")
            return check
        return self._condition()

    def _condition(self) -> Check:
        name = self._next()
        if not re.fullmatch(r"[\w.-]+", name) or name in _KEYWORDS:
            raise self._wrong(f"`{name}` is no attribute")
        operator = self._next()
        if operator == "IN":
            self._allowed(name, False)
            values = self._list()
            return lambda d: any(v in values for v in values_of(d, name))
        if operator == "EXISTS":
            self._allowed(name, False)
            return lambda d: name in d
        if operator in ("=", "!="):
            self._allowed(name, False)
            value = self._value()
            return lambda d: (value in values_of(d, name)) is (operator == "=")
        if operator in (">=", ">", "<=", "<"):
            self._allowed(name, True)
            try:
                number = float(self._value())
            except ValueError as fault:
                raise self._wrong("was expecting a number") from fault
            compare = {">=": float.__ge__, ">": float.__gt__, "<=": float.__le__, "<": float.__lt__}[operator]
            return lambda d: any(compare(float(v), number) for v in values_of(d, name))
        raise self._wrong(f"unknown operator `{operator}`")

    def _list(self) -> set[str]:
        self._expect("[")
        values: set[str] = set()
        while not self._take("]"):
            values.add(self._value())
            if not self._take(","):
                self._expect("]")
                break
        return values

    def _value(self) -> str:
        token = self._next()
        if token[0] in "\"'":
            value = re.sub(r"\\(.)", r"\1", token[1:-1])
        elif token in _KEYWORDS or not re.fullmatch(r"[\w.-]+", token):
            raise self._wrong(f"`{token}` is a reserved keyword or no value")
        else:
            value = token
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise self._wrong("the value is too long")
        return value

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong(f"was expecting `{token}`")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._wrong("the filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    @staticmethod
    def _wrong(message: str) -> Fault:
        return Fault(400, "invalid_search_filter", message)


def values_of(document: Document, name: str) -> list[str]:
    value = document.get(name, [])
    return [str(item) for item in (value if isinstance(value, list) else [value])]
