"""Calls of tantivy: whatever it does not survive is an engine that is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from functions.search.engine import EngineDown

T = TypeVar("T")


def run(search: Callable[[], T]) -> T:
    """
    Raises:
        EngineDown
    """
    try:
        return search()
    except (ValueError, OSError) as fault:
        raise EngineDown(str(fault)) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # of pyo3, which does not export it
            raise
        raise EngineDown("the engine panicked") from fault
