"""Who sends: one row for each run of a sender, so that others can tell a living one from a dead one.

Whether one lives is judged by the database's clock on PostgreSQL, where senders are on several machines, each with a
clock of its own; on SQLite a file lock tells it, and this is a record for the certificate.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from publisher.records import Sender
from publisher.store import schema as s

SILENT = timedelta(minutes=11)
"""After this long without a sign a sender counts as dead: longer than it may wait for an answer (RFC 5321, 600 s)."""


def _present(connection: Connection, now: datetime) -> Any:
    return now if connection.dialect.name == "sqlite" else func.clock_timestamp()


def begin(connection: Connection, token: str, issue: int, relay: str, *, live: bool, now: datetime) -> None:
    row = {"token": token, "issue": issue, "relay": relay, "live": live, "started_at": now}
    connection.execute(insert(s.sender).values(row | {"seen_at": _present(connection, now)}))


def beat(connection: Connection, token: str, now: datetime) -> bool:
    """Leave a sign of life; whether it comes in time: nobody thought this sender dead and took over."""
    x = s.sender.c
    mine = update(s.sender).where(x.token == token, x.ended_at.is_(None))
    return connection.execute(mine.values(seen_at=_present(connection, now))).rowcount == 1


def end(connection: Connection, token: str, why: str, now: datetime) -> None:
    connection.execute(update(s.sender).where(s.sender.c.token == token).values(ended_at=now, why=why))


def bury(connection: Connection, issue: int, living: Sequence[str], now: datetime) -> None:
    """End those senders of this issue that are not among the `living`: should one wake up, it learns that it is over.

    It must claim nothing any more, or the answer to a copy from before its sleep would count for the same copy after.
    """
    x = s.sender.c
    dead = update(s.sender).where(x.issue == issue, x.ended_at.is_(None), x.token.not_in(living))
    connection.execute(dead.values(ended_at=now, why="gave no sign any more"))


def living(connection: Connection, issue: int, now: datetime, silent: timedelta = SILENT) -> list[str]:
    """The tokens of senders of this issue that did not end, and were not `silent` for so long."""
    x = s.sender.c
    heard = x.seen_at >= _present(connection, now) - silent
    return list(connection.execute(select(x.token).where(x.issue == issue, x.ended_at.is_(None), heard)).scalars())


def of(connection: Connection, issue: int) -> list[Sender]:
    """All that sent copies of this issue, the first one first."""
    x = s.sender.c
    query = select(x.relay, x.live, x.started_at, x.ended_at, x.why).where(x.issue == issue).order_by(x.started_at)
    return [Sender(**row) for row in connection.execute(query).mappings()]


def was_live(connection: Connection, newsletter: str) -> bool:
    """Whether any issue of this newsletter was ever sent to people."""
    query = select(1).select_from(s.sender).join(s.issue, s.issue.c.id == s.sender.c.issue)
    query = query.where(s.sender.c.live, s.issue.c.newsletter == newsletter).limit(1)
    return connection.execute(query).first() is not None
