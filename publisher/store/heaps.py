"""A heap of people from lists, in tables of one connection's own: fast to fill, and nobody who writes has to wait.

Neither the order of the lists nor that of their rows matters to what is made of it: that is for `intakes`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, islice
from operator import ge, itemgetter
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import JSON, Column, Connection, Integer, LargeBinary, MetaData, Table, Text, insert

from publisher.store import schema as s
from publisher.store.database import Database, Staged

_BATCH = 1_000
_TOGETHER = 20
"""Rows of one INSERT: SQLite's driver then gathers them in half the time."""
_RUN = 1_000
"""Rows that ascend one after the other, on average, in a list that is in order."""
_CACHE_KIB = 24_000
"""SQLite's page cache while it takes in: its usual 2 MB make two indexes in random order much slower."""

_own = MetaData()
gathered = Table(
    "gathered",
    _own,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("address", Text),
    Column("address_key", Text),
    Column("fingerprint", LargeBinary),
    Column("name", Text),
    Column("consent_source", Text),
    Column("consent_at", Text),
    Column("profile", Integer),
    prefixes=["TEMPORARY"],
)
# What many rows have in common, written once: a row of seven columns is gathered twice as fast as one of twelve.
profile = Table(
    "profile",
    _own,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", Text),
    Column("reason", Text),
    Column("language", Text),
    Column("topics", JSON),
    Column("newsletters", s.Words),
    Column("paused_until", s.Moment),
    prefixes=["TEMPORARY"],
)

Person: TypeAlias = tuple[int, str, str, bytes | bytearray, str | None, str | None, str | None, int]
"""One row of a list: its place among all, address, its key, its fingerprint, name, source and moment of consent as
the list tells them, and the number of its profile. A bare tuple, because a million of them pass. An empty text says
nothing, as None does, and a bytearray the same as bytes; SQLite's driver takes either several times as fast."""


_key_of: Callable[[Person], str] = itemgetter(2)


class Profile(NamedTuple):
    """`state` is active, unconfirmed or left, or unclear where the list says what we do not know; `reason` is why
    someone left; no `newsletters` means those of the import."""

    state: str
    reason: str | None
    language: str | None
    topics: tuple[str, ...]
    newsletters: tuple[str, ...]
    paused_until: datetime | None = None


class Heap:
    """People who were gathered on one connection."""

    def __init__(self, staged: Staged) -> None:
        self.staged = staged
        self.rows = 0
        self._last = ""
        self._falls = 0
        self._numbers: dict[Profile, int] = {}
        self._unwritten: list[dict[str, Any]] = []
        with staged.gather() as connection:
            _own.create_all(connection, checkfirst=False)
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")
                # Its own tables go with the connection; in the others a page that is divided must keep no old copy.
                connection.exec_driver_sql("PRAGMA temp.secure_delete=off")

    def number(self, profile: Profile) -> int:
        """The number by which people have this profile."""
        number = self._numbers.get(profile)
        if number is None:
            number = self._numbers[profile] = len(self._numbers)
            self._unwritten.append({"id": number, **profile._asdict()})
        return number

    @property
    def ascends(self) -> bool:
        """Whether each address comes after the one before it, so that none comes twice."""
        return self._falls == 0

    @property
    def in_order(self) -> bool:
        """Whether the addresses come in their order, or in long runs of it: numbered ones, or several lists."""
        return self._falls * _RUN <= self.rows

    def gather(self, people: Iterator[Person]) -> None:
        """More people; they are read as they come."""
        with self.staged.gather() as connection:
            while batch := list(islice(people, _BATCH)):
                _put(connection, batch)
                keys = [self._last, *map(_key_of, batch)]
                self._falls += sum(map(ge, keys, islice(keys, 1, None)))
                self._last = keys[-1]
                self.rows += len(batch)
            if self._unwritten:
                connection.execute(insert(profile), self._unwritten)
                self._unwritten = []


@contextmanager
def heap(database: Database) -> Iterator[Heap]:
    """A heap to gather on; what was not taken in is gone at the end."""
    with database.staging() as staged:
        yield Heap(staged)


def _put(connection: Connection, people: list[Person]) -> None:
    """As fast as the driver can."""
    names = ", ".join(column.name for column in gathered.columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY gathered ({names}) FROM STDIN") as copy:
            for person in people:
                copy.write_row(person)
    else:
        whole = len(people) - len(people) % _TOGETHER
        groups = [tuple(chain.from_iterable(people[at : at + _TOGETHER])) for at in range(0, whole, _TOGETHER)]
        places = f"({', '.join('?' * len(gathered.columns))})"
        for rows, values in ((_TOGETHER, groups), (1, people[whole:])):
            if values:
                statement = f"INSERT INTO gathered ({names}) VALUES {', '.join([places] * rows)}"  # noqa: S608 - our names
                connection.exec_driver_sql(statement, values)
