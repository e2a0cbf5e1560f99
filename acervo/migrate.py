"""Versioned SQL migrations by yoyo: `python -m acervo.migrate` is safe to run twice and by several instances at once.

yoyo's own lock is a row that outlives a killed process; so the whole run is under a PostgreSQL advisory lock, which does not,
and a left-over row is broken under it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg
import yoyo

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x0ACE_2026


def migrate(url: str) -> list[str]:
    """Apply what is missing; the names of the migrations applied."""
    with psycopg.connect(url, autocommit=True) as guard:
        guard.execute("select pg_advisory_lock(%s)", (_LOCK,))
        backend = yoyo.get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
        try:
            backend.break_lock()
            with backend.lock():
                waiting = backend.to_apply(yoyo.read_migrations(str(MIGRATIONS)))
                backend.apply_migrations(waiting)
                return [migration.id for migration in waiting]
        finally:
            backend.connection.close()


if __name__ == "__main__":
    applied = migrate(os.environ["DATABASE_URL"])
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")
