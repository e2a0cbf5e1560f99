"""The API for a command: every expected fault becomes one line and exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import typer
from rich.text import Text

from cli import output
from cli.client import Api, ApiError
from cli.download import Corrupt, Interrupted
from cli.tokens import NotSignedIn
from cli.upload import Changed, PartFailed


@contextmanager
def api() -> Iterator[Api]:
    """The API of the environment, closed at the end."""
    try:
        with Api.from_environment() as made:
            yield made
    except ApiError as fault:
        output.err.print(Text(fault.code, "red"), Text(f": {fault.detail}"), sep="")
        for error in fault.errors[1:]:
            output.err.print(f"  {error['field']}: {error['detail']}", markup=False)
        raise typer.Exit(1) from fault
    except (NotSignedIn, Corrupt, Interrupted, Changed, PartFailed, OSError) as fault:
        output.err.print(str(fault), style="red", markup=False)
        raise typer.Exit(1) from fault
    except httpx.HTTPError as fault:
        output.err.print(f"no answer ({type(fault).__name__})", style="red", markup=False)
        raise typer.Exit(1) from fault
