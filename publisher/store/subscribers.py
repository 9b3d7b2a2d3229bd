"""Keeps subscribers and suppressions. Leaving wins over every later import."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from publisher.records import Subscriber, Suppression
from publisher.store import schema as s
from publisher.store.database import insert_unless_there

_BATCH = 5_000


def add(connection: Connection, people: Iterable[Subscriber], now: datetime) -> int:
    """Insert those we do not have yet, by address key; how many were new. What we hold of the others stands."""
    statement = insert_unless_there(connection, s.subscriber, "address_key")
    before = connection.execute(select(func.count()).select_from(s.subscriber)).scalar_one()
    batch: list[dict[str, object]] = []
    for person in people:
        batch.append(_row(person, now))
        if len(batch) == _BATCH:
            connection.execute(statement, batch)
            batch = []
    if batch:
        connection.execute(statement, batch)
    return int(connection.execute(select(func.count()).select_from(s.subscriber)).scalar_one()) - int(before)


def count_new(connection: Connection, people: Iterable[Subscriber]) -> int:
    """How many of them `add` would insert."""
    held = set(connection.execute(select(s.subscriber.c.address_key)).scalars())
    return len({person.address_key for person in people} - held)


def suppress(connection: Connection, suppression: Suppression) -> None:
    """Never write to this address again. Repeating it changes nothing."""
    values = {"address_key": suppression.address_key, "reason": suppression.reason, "at": suppression.at}
    connection.execute(insert_unless_there(connection, s.suppression, "address_key").values(values))
    left = update(s.subscriber).where(s.subscriber.c.address_key == suppression.address_key).values(state="left")
    connection.execute(left)


def every(connection: Connection) -> list[Subscriber]:
    query = select(s.subscriber).order_by(s.subscriber.c.id)
    return [_record(row) for row in connection.execute(query).mappings()]


def suppressed_keys(connection: Connection) -> set[str]:
    return set(connection.execute(select(s.suppression.c.address_key)).scalars())


def _row(person: Subscriber, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {f.name: getattr(person, f.name) for f in fields(person) if f.name != "id"}
    return row | {"topics": list(person.topics), "created_at": now}


def _record(row: RowMapping) -> Subscriber:
    return Subscriber(**{f.name: row[f.name] for f in fields(Subscriber)} | {"topics": tuple(row["topics"])})
