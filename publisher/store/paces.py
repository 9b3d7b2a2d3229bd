"""How fast mail leaves, as it was set while the program runs, and when the next copy may go: shared by all senders."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, delete, select

from publisher.records import Pace
from publisher.store import schema as s
from publisher.store.database import upsert

_ONLY = 1


def set_(connection: Connection, **values: Any) -> None:
    """Set some of `per_minute`, `connections`, `per_connection`, `hours` (two times) and `days` (numbers)."""
    row: dict[str, Any] = dict(values)
    if "hours" in row and row["hours"] is not None:
        row["hours"] = "-".join(f"{end:%H:%M}" for end in row["hours"])
    if "days" in row and row["days"] is not None:
        row["days"] = tuple(str(day) for day in row["days"])
    connection.execute(upsert(connection, s.pace, "id", {"id": _ONLY} | row))


def reset(connection: Connection) -> None:
    """From now on it is as the settings say."""
    connection.execute(delete(s.pace))


def set_live(connection: Connection) -> frozenset[str]:
    """The names of what was set, and does not come from the settings."""
    names = ("per_minute", "connections", "per_connection", "hours", "days")
    row = connection.execute(select(s.pace).where(s.pace.c.id == _ONLY)).mappings().first()
    return frozenset(name for name in names if row is not None and row[name] is not None)


def current(connection: Connection, usual: Pace, *, to_reserve: bool = False) -> tuple[Pace, datetime | None]:
    """The pace in force, which is the `usual` one but for what was set, and when the next copy may leave.

    `to_reserve` holds off other senders to the end of the transaction.
    """
    query = select(s.pace).where(s.pace.c.id == _ONLY)
    if to_reserve:
        query = query.with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        return usual, None
    changed: dict[str, Any] = {
        name: row[name] for name in ("per_minute", "connections", "per_connection") if row[name] is not None
    }
    if row["hours"]:
        begin, end = (time.fromisoformat(part) for part in row["hours"].split("-"))
        changed["hours"] = (begin, end)
    if row["days"] is not None:
        changed["days"] = tuple(int(day) for day in row["days"])
    return replace(usual, **changed), row["next_free"]


def reserve(connection: Connection, next_free: datetime) -> None:
    """The next copy may leave then, and not before."""
    connection.execute(upsert(connection, s.pace, "id", {"id": _ONLY, "next_free": next_free}))
