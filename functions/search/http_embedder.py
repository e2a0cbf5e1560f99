"""An embedding server that speaks the `/v1/embeddings` dialect (text-embeddings-inference, vLLM, Ollama): one text in, one vector out.

The last few texts are remembered: who types, pages through or filters asks for the same one again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import httpx

from functions.search.engine import EngineDown

REMEMBERED = 1024


class HttpEmbedder:
    """See `engine.Embedder`. `model` is what embeddings.model says of the archive's own vectors."""

    def __init__(self, url: str, model: str, prefix: str, timeout_s: float) -> None:
        self.model, self._prefix, self._url = model, prefix, url
        self._http = httpx.Client(timeout=timeout_s)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._ask)

    def vector(self, text: str) -> Sequence[float]:
        return self._remembered(text)

    def close(self) -> None:
        self._http.close()

    def _ask(self, text: str) -> tuple[float, ...]:
        try:
            answer = self._http.post(self._url, json={"model": self.model, "input": [self._prefix + text]})
            answer.raise_for_status()
            found = tuple(float(number) for number in answer.json()["data"][0]["embedding"])
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as fault:
            raise EngineDown(f"the embedder: {type(fault).__name__}") from fault
        if not found:
            raise EngineDown("the embedder gave an empty vector")
        return found
