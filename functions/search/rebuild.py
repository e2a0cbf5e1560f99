"""Build the index anew beside the live one, check it, and switch; or go back to the one before.

    python -m functions.search.rebuild              build, check, switch; the version before stays for a roll-back
    python -m functions.search.rebuild --roll-back  make the version before the live one again

Searches and events go on meanwhile: they use the live version until the switch, and the indexer reads on from the new version's cursor.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from os import environ

from acervo.database import Database, query
from functions.search import tantivy_schema
from functions.search.changes import Sweep
from functions.search.index_directory import IndexDirectory, Locked, Version
from functions.search.tantivy_writer import TantivyWriter

log = logging.getLogger(__name__)
HEAP_BYTES = 256 << 20
PAGE = 2000  # assets to a commit
TOLERATED = 0.01  # of the assets, that may come or go while they are counted


class Doubtful(RuntimeError):
    """The new version does not have what the database has; it was not made live."""


def rebuild(directory: IndexDirectory, database: Database) -> Version:
    """The new live version.

    Raises:
        Locked: another rebuild is under way.
        Doubtful: the check failed.
    """
    with directory.rebuilding():
        version = directory.next_version(tantivy_schema.FORMAT)
        writer = TantivyWriter(version, HEAP_BYTES)
        try:
            Sweep(writer, database, PAGE).finish()
            _check(writer, database)
        except BaseException:
            writer.close()
            version.remove()
            raise
        writer.close(merge=True)
        before = directory.current()
        directory.switch(version)
        _clean(directory, {version.number, before.number if before else 0})
        return version


def roll_back(directory: IndexDirectory) -> Version:
    """Make the newest complete version below the live one live; it catches up from its own cursor.

    Raises:
        Locked, Doubtful: there is none.
    """
    with directory.rebuilding():
        live = directory.current()
        for number in reversed(directory.numbers()):
            before = directory.version(number)
            if before and live and number < live.number and before.format == tantivy_schema.FORMAT:
                directory.switch(before)
                return before
        raise Doubtful("there is no earlier version")


def _check(writer: TantivyWriter, database: Database) -> None:
    with database.transaction() as connection:
        expected: int = query.count_searched_assets(connection)
    found = writer.count()
    if abs(found - expected) > max(10, expected * TOLERATED):
        raise Doubtful(f"the new version has {found} assets, the database {expected}")


def _clean(directory: IndexDirectory, kept: set[int]) -> None:
    """Drop what is neither live nor the version before, what a killed rebuild left included."""
    for number in set(directory.numbers()) - kept:
        Version(directory.path, number, 0).remove()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="rebuild", description="Build the search index anew and switch to it."
    )
    parser.add_argument("--roll-back", action="store_true", help="make the version before the live one again")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    directory = IndexDirectory(environ["SEARCH_INDEX_DIR"])
    try:
        if chosen.roll_back:
            version = roll_back(directory)
        else:
            database = Database(environ["DATABASE_URL"])
            try:
                version = rebuild(directory, database)
            finally:
                database.close()
    except (Locked, Doubtful) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write(f"version {version.number} is live\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
