"""Whole copies of a database: taken while it is in use, checked, and counted.

SQLite is copied by its backup API, which sees one moment of it. For PostgreSQL `pg_dump` is asked, where it is
installed.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, func, inspect, select, table
from sqlalchemy.engine import make_url

from publisher.errors import StoreError
from publisher.store.database import Database


def copy_sqlite(file: Path, to: Path) -> None:
    """One consistent copy, whoever reads and writes meanwhile, made durable. Raises StoreError."""
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        there = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(there, uri=True)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target, pages=10_000)
            # What is carried away is one file, without a journal beside it.
            target.execute("pragma journal_mode=delete")
        os.fsync(descriptor)
        os.close(descriptor)
    except sqlite3.Error as exc:
        raise StoreError(f"{file}: the database cannot be copied ({exc}); nothing was changed") from exc


def check_sqlite(file: Path) -> str:
    """The schema's revision of a whole database. Raises StoreError for one that is damaged, or is none."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            said = database.execute("pragma integrity_check(1)").fetchone()[0]
            broken = database.execute("pragma foreign_key_check").fetchone()
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as exc:
        raise StoreError(f"{file.name}: this database is damaged, or none of Publisher's ({exc})") from exc
    if said != "ok" or broken:
        what = said if said != "ok" else f"a row of {broken[0]} refers to one that is not there"
        raise StoreError(f"{file.name}: this database is damaged ({what})")
    return str(revision[0])


def dump_postgresql(url: str, to: Path) -> None:
    """What pg_restore reads. Raises StoreError where pg_dump is not installed or fails; the password is in no list of
    processes."""
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreError(
            "a PostgreSQL database is copied by pg_dump, which is not installed here; install the client programs of "
            "PostgreSQL, or let the database server make its own backups and say --without-database"
        )
    parsed = make_url(url)
    bare = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query)
    environment = os.environ | ({"PGPASSWORD": str(parsed.password)} if parsed.password else {})
    to.touch(mode=0o600)
    command = [program, "--format=custom", "--no-owner", f"--file={to}", bare.render_as_string()]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603 - no shell, our words
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StoreError(f"pg_dump failed: {said}; nothing was written")


def rows_by_table(database: Database) -> dict[str, int]:
    """How many rows each table has, whatever its schema."""
    with database.read() as connection:
        names = sorted(name for name in inspect(connection).get_table_names() if name != "alembic_version")
        return {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}
