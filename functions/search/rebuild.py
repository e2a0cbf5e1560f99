"""Build an index anew beside the live one, check it, and switch; or go back to the one before.

    python -m functions.search.rebuild              build, check, switch; the version before stays for a roll-back
    python -m functions.search.rebuild --roll-back  make the version before the live one again
    … --engine elasticsearch                        of one engine only (all of SEARCH_ENGINES otherwise)

Searches and events go on meanwhile: they use the live version until the switch, and the indexer reads on from the new version's cursor.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from os import environ

from acervo import settings
from acervo.database import Database, query
from functions.search.changes import Sweep
from functions.search.engines import EngineSettings, stores_of
from functions.search.index_directory import Locked
from functions.search.stores import Doubtful, Store, Writer

log = logging.getLogger(__name__)
PAGE = 2000  # assets to a commit
TOLERATED = 0.01  # of the assets, that may come or go while they are counted
SAMPLE = 200


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str = settings.variable("DATABASE_URL")
    engines: EngineSettings = settings.nested(EngineSettings)


def rebuild(store: Store, database: Database) -> str:
    """The name of the new live version.

    Raises:
        Locked: another rebuild is under way.
        Doubtful: the check failed.
        Transient: the engine or the database is away; the live version stays.
    """
    with store.rebuilding():
        writer = store.begin()
        try:
            Sweep(writer, database, PAGE, engine=store.name).finish()
            _check(writer, database, store.name)
        except BaseException:
            store.discard(writer)
            raise
        return store.switch(writer)


def roll_back(store: Store) -> str:
    """Make the newest complete version below the live one live; it catches up from its own cursor.

    Raises:
        Locked, Doubtful: there is none.
    """
    with store.rebuilding():
        return store.roll_back()


def _check(writer: Writer, database: Database, engine: str) -> None:
    """As many assets as the database has (less what was set aside), and a sample of them in the versions that it has."""
    with database.transaction() as connection:
        expected: int = query.count_searched_assets(connection)
        poisoned = {row["engine"]: row["n"] for row in query.count_poison(connection)}.get(engine, 0)
        sample = {
            str(row["id"]): row["version"] for row in query.sample_of_searched_assets(connection, most=SAMPLE)
        }
    found = writer.count()
    if abs(found - expected) > max(10, expected * TOLERATED) + poisoned:
        raise Doubtful(f"the new version has {found} assets, the database {expected}")
    have = writer.versions(list(sample))
    missing = [asset_id for asset_id in sample if asset_id not in have]
    if len(missing) > max(2, len(sample) * TOLERATED) + poisoned:
        raise Doubtful(f"of a sample of {len(sample)} assets the new version lacks {len(missing)}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="rebuild", description="Build the search index anew and switch to it."
    )
    parser.add_argument("--roll-back", action="store_true", help="make the version before the live one again")
    parser.add_argument("--engine", help="one of SEARCH_ENGINES; all of them otherwise")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    read = settings.read(Settings, environ)
    database = Database(read.database_url)
    try:
        stores = [s for s in stores_of(read.engines, database) if chosen.engine in (None, s.name)]
        if not stores:
            sys.stderr.write(f"{chosen.engine} is not one of SEARCH_ENGINES\n")
            return 1
        for store in stores:
            name = roll_back(store) if chosen.roll_back else rebuild(store, database)
            sys.stdout.write(f"{store.name}: {name} is live\n")
    except (Locked, Doubtful) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
