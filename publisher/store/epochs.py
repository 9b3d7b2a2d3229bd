"""Keeps which life of the database this is, and how many sends were begun in it; and who restored it and let it send.

A copy of an older day has fewer sends than the file beside the keys tells of: that is how a restored one is known.
"""

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from publisher.records.epochs import Epoch, Restoration
from publisher.store import schema as s
from publisher.store.database import insert_unless_there

_ONLY = 1


def current(connection: Connection) -> Epoch | None:
    """None as long as nothing was ever sent."""
    row = connection.execute(select(s.epoch.c.name, s.epoch.c.begun)).mappings().first()
    return Epoch(**row) if row else None


def first(connection: Connection) -> Epoch:
    """The epoch, begun now if there was none."""
    values = {"id": _ONLY, "name": secrets.token_hex(16), "begun": 0}
    connection.execute(insert_unless_there(connection, s.epoch, "id").values(values))
    found = current(connection)
    assert found
    return found


def count_a_send(connection: Connection) -> Epoch:
    """One more send was begun."""
    connection.execute(update(s.epoch).values(begun=s.epoch.c.begun + 1))
    found = current(connection)
    assert found
    return found


def begin_another(connection: Connection, begun: int) -> Epoch:
    """From now on this database lives a life of its own."""
    first(connection)
    connection.execute(update(s.epoch).values(name=secrets.token_hex(16), begun=begun))
    found = current(connection)
    assert found
    return found


def note(connection: Connection, restoration: Restoration) -> None:
    values = {"at": restoration.at, "who": restoration.who, "what": restoration.what}
    connection.execute(insert(s.restoration).values(values))


def restorations(connection: Connection) -> list[Restoration]:
    """What was written down of restoring, the latest first."""
    columns = (s.restoration.c.at, s.restoration.c.who, s.restoration.c.what)
    rows = connection.execute(select(*columns).order_by(s.restoration.c.id.desc())).mappings()
    return [Restoration(**row) for row in rows]


def last_change(connection: Connection) -> datetime | None:
    """When anything was last written that a person would miss."""
    moments = (s.audit.c.at, s.delivery.c.settled_at, s.subscriber.c.created_at, s.consent.c.at, s.suppression.c.at)
    found = [connection.execute(select(m).where(m.is_not(None)).order_by(m.desc()).limit(1)).scalar() for m in moments]
    return max((moment for moment in found if moment), default=None)
