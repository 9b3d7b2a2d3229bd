"""Opens the database: SQLite file or PostgreSQL by URL, migrated to this program's schema.

In: a database URL. Out: a Database that hands out reading and writing transactions. A schema newer than this program
is refused; an older one is brought up by Alembic; no command drops data.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError as PoolTimeout,
)

from publisher.errors import SchemaTooNew, SchemaTooOld, StoreAway, StoreError
from publisher.store.schema import HEAD

_BUSY_MS = 10_000
_PAGE_BYTES = 8192
"""Twice SQLite's usual: a million people are written in three quarters of the time, and no commit takes longer."""
_IN_ONE_QUESTION = 500
"""So many values may stand in one IN (…): far below what either database takes."""

_PASSING = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
)

T = TypeVar("T")


class Database:
    """One open database. `write()` begins by taking SQLite's write lock; `read()` never waits for a writer."""

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self._engine = engine
        self._held = threading.local()
        self.file = file

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One look at the store: what others change meanwhile is not seen."""
        with _at_the_rim(), self._engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, foreign_keys: bool = True, keep: bool = True) -> Iterator[Connection]:
        """A writing transaction; unless it is to `keep`, all is undone at its end.

        Without `foreign_keys`, SQLite checks no references: for migrations only.
        """
        options = {"writes": True, "foreign_keys": foreign_keys}
        with (
            _at_the_rim(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin() as all_,
        ):
            self._held.writing = connection
            try:
                yield connection
            finally:
                self._held.writing = None
            if not keep:
                all_.rollback()

    @contextmanager
    def joined(self) -> Iterator[Connection]:
        """The writing transaction that this thread is in, else one of its own."""
        held: Connection | None = getattr(self._held, "writing", None)
        if held is not None:
            yield held
            return
        with self.write() as connection:
            yield connection

    @contextmanager
    def steady(self) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
        """What begins one short writing transaction after the other on one connection, for one thread that writes a
        thousand a second. After a failure the next begins on a new connection."""
        held: list[Connection] = []

        @contextmanager
        def transaction() -> Iterator[Connection]:
            with _at_the_rim():
                if not held:
                    held.append(self._engine.connect().execution_options(writes=True))
                try:
                    with held[0].begin():
                        yield held[0]
                except BaseException:
                    held.pop().invalidate()
                    raise

        try:
            yield transaction
        finally:
            for connection in held:
                connection.close()

    @contextmanager
    def staging(self) -> Iterator["Staged"]:
        """One connection for what is first gathered in tables of its own, then written in one transaction.

        While it gathers, nobody who writes has to wait. Its own tables are gone at the end.
        """
        with _at_the_rim(), self._engine.connect() as connection:
            try:
                yield Staged(connection)
            finally:
                connection.invalidate()

    def scrub(self) -> None:
        """Take what was deleted out of SQLite's journal too, if nobody reads it just now; PostgreSQL does so itself."""
        if self.is_sqlite:
            with _at_the_rim(), self._engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        self._engine.dispose()


class Staged:
    """A connection that gathers, then writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def gather(self) -> Iterator[Connection]:
        """A transaction on the connection's own tables, and to read the others."""
        connection = self._connection.execution_options(writes=False)
        with connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[tuple[Connection, Callable[[], None]]]:
        """A writing transaction, and what undoes it all."""
        connection = self._connection.execution_options(writes=True)
        with connection.begin() as all_:
            yield connection, all_.rollback


@contextmanager
def _at_the_rim() -> Iterator[None]:
    """Foreign exceptions become ours, once. The SQL and its parameters stay out of the message: they hold addresses."""
    try:
        yield
    except OperationalError as exc:
        kind = StoreAway if _may_come_back(exc) else StoreError
        raise kind(f"the database cannot be used: {_first_line(exc)}; nothing was changed, try again") from exc
    except PoolTimeout as exc:
        raise StoreAway("the database has more to do than it can; nothing was changed, try again") from exc
    except DBAPIError as exc:
        raise StoreError(f"the database refused a statement: {_first_line(exc)}; nothing was changed") from exc


def _may_come_back(exc: OperationalError) -> bool:
    """Not so a table that is not there, which SQLite tells by the same kind of error as a lock."""
    code = getattr(exc.orig, "sqlite_errorcode", None)
    # The lower byte is the kind (https://www.sqlite.org/rescode.html#primary_result_codes_versus_extended_result_codes).
    return code is None or code & 0xFF in _PASSING


def _first_line(exc: DBAPIError) -> str:
    said = str(exc.orig).strip().split("\n")[0]
    # What SQLite says where it cannot make its journal, which is nearly always for want of room.
    return "the disk is full, or broken" if said == "disk I/O error" else said


def open_database(
    url: str,
    folder: Path,
    fingerprint: Callable[[str], bytes],
    keys_were_used: Callable[[], None] = lambda: None,
    *,
    migrates: bool = True,
) -> Database:
    """Open `url` (SQLite paths are below `folder`) and bring its schema up to date; for that alone `fingerprint` is
    asked for, the keyed hash of an address key, and before it `keys_were_used` is called if mail was sent already.

    Raises StoreAway when it cannot be reached and SchemaTooNew when a newer Publisher has written it. Unless it
    `migrates`, only an empty one is given its schema, and SchemaTooOld is raised for an older one.
    """
    database = as_it_is(url, folder)
    try:
        _bring_up(database, database.file, fingerprint, keys_were_used, migrates=migrates)
    except BaseException:
        database.close()
        raise
    return database


def as_it_is(url: str, folder: Path) -> Database:
    """The database at `url`, whatever its schema, not asked yet. Raises StoreError for no such address."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError('[store] url is not a database address; write "sqlite:///publisher.db"') from None
    file = None
    if parsed.get_backend_name() == "sqlite":
        file = _file_of(parsed, folder)
        parsed = parsed.set(drivername="sqlite+pysqlite", database=str(file))
    elif parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    else:
        raise StoreError(f'[store] url names "{parsed.get_backend_name()}"; only sqlite and postgresql are known')
    try:
        engine = create_engine(parsed, hide_parameters=True, connect_args=_connect_args(parsed.get_backend_name()))
    except ModuleNotFoundError as exc:
        raise StoreError(
            "PostgreSQL needs one more package, psycopg; install Publisher with its extra [postgresql]"
        ) from exc
    if file:
        _private(file)
        _sqlite_ways(engine)
    return Database(engine, file)


def database_file(url: str, folder: Path) -> Path | None:
    """The SQLite file of this address; None for another kind of database, or for no address at all."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return _file_of(parsed, folder) if parsed.get_backend_name() == "sqlite" else None


def _file_of(parsed: URL, folder: Path) -> Path:
    return folder / (parsed.database or "publisher.db")


def _private(file: Path) -> None:
    """The database holds addresses: it is made readable for its owner only, and its companions follow it."""
    try:
        file.touch(mode=0o600, exist_ok=True)
    except OSError as exc:
        raise StoreError(
            f"{file}: the database cannot be made there ({exc.strerror}); mend the folder's rights"
        ) from exc


def dialect_of(connection: Connection) -> Any:
    """SQLAlchemy's module for what only these two databases can: an INSERT that minds what is there."""
    return sqlite if connection.dialect.name == "sqlite" else postgresql


def insert_unless_there(connection: Connection, table: Table, *columns: str) -> Any:
    """An INSERT that leaves a row alone whose `columns` are taken: one winner, however many try (both databases)."""
    return dialect_of(connection).insert(table).on_conflict_do_nothing(index_elements=list(columns))


def upsert(connection: Connection, table: Table, key: str | tuple[str, ...], values: dict[str, Any]) -> Any:
    """An INSERT that changes the row instead where `key`, a column or several, is taken."""
    keys = [key] if isinstance(key, str) else list(key)
    changed = {name: value for name, value in values.items() if name not in keys}
    return dialect_of(connection).insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=changed)


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists short enough for one question."""
    rest = list(values)
    for start in range(0, len(rest), _IN_ONE_QUESTION):
        yield rest[start : start + _IN_ONE_QUESTION]


def _connect_args(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"check_same_thread": False}
    return {"connect_timeout": 10}


def _sqlite_ways(engine: Engine) -> None:
    """WAL and synchronous=FULL keep a ledger through a power cut; BEGIN IMMEDIATE makes writers wait, not fail. A page
    has its size from the file's first day on.

    With secure_delete nothing of a person who was erased stays in the file's free pages.
    """

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        ways = (
            f"page_size={_PAGE_BYTES}",
            "journal_mode=wal",
            "synchronous=full",
            f"busy_timeout={_BUSY_MS}",
            "foreign_keys=on",
            "secure_delete=on",
        )
        for pragma in ways:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("foreign_keys", True):
            connection.exec_driver_sql("pragma foreign_keys=off")
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN")
        except sqlite3.OperationalError as exc:
            raise StoreAway(f"the database cannot be used: {exc}; nothing was changed, try again") from exc

    @event.listens_for(engine, "checkin")
    def _given_back(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.execute("pragma foreign_keys=on")


def _bring_up(
    database: Database,
    file: Path | None,
    fingerprint: Callable[[str], bytes],
    keys_were_used: Callable[[], None],
    *,
    migrates: bool,
) -> None:
    """Compare the schema's revision with ours: equal is the fast path and imports no Alembic."""
    try:
        with database.read() as connection:
            revision = schema_of(connection)
    except (StoreError, SQLAlchemyError) as exc:
        where = str(file) if file else "the PostgreSQL server"
        kind = StoreAway if isinstance(exc, StoreAway) else StoreError
        raise kind(f"{where}: {exc.args[0] if exc.args else exc}") from exc
    if revision == HEAD:
        return
    if revision is not None and (revision > HEAD or not revision.isdigit()):
        raise SchemaTooNew(
            f"this database has schema {revision}, newer than the {HEAD} this Publisher knows; "
            "install the newer Publisher again, nothing was changed"
        )
    if revision is not None and not migrates:
        raise SchemaTooOld(
            f"this database has schema {revision}, and this Publisher needs {HEAD}; run `publisher upgrade`, which "
            "makes a backup first. Nothing was changed"
        )
    from publisher.store.migrate import upgrade

    upgrade(database, fingerprint, keys_were_used)


def schema_of(connection: Connection) -> str | None:
    """The revision of the schema; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None
