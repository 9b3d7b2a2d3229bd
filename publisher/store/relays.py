"""Relays that could not be used: so that each sender does not find it out anew, and people see it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from publisher.records import Trouble
from publisher.store import schema as s
from publisher.store.database import upsert

_FIRST, _MOST = timedelta(seconds=30), timedelta(minutes=10)


def failed(connection: Connection, relay: str, said: str, now: datetime) -> Trouble:
    """Once more it could not be used: it is left alone for 30 seconds, doubling to ten minutes."""
    known = trouble(connection, relay)
    failures = known.failures + 1 if known else 1
    since = known.since if known else now
    until = now + min(_MOST, _FIRST * 2 ** min(failures - 1, 10))
    row = {"name": relay, "failures": failures, "since": since, "until": until, "trouble": said[:500]}
    connection.execute(upsert(connection, s.relay, "name", row))
    return Trouble(relay=relay, failures=failures, since=since, until=until, said=said)


def works(connection: Connection, relay: str) -> None:
    connection.execute(delete(s.relay).where(s.relay.c.name == relay))


def trouble(connection: Connection, relay: str) -> Trouble | None:
    r = s.relay.c
    row = connection.execute(select(s.relay).where(r.name == relay)).mappings().first()
    if row is None:
        return None
    told = {name: row[name] for name in ("failures", "since", "until")}
    return Trouble(relay=relay, said=row["trouble"], **told)
