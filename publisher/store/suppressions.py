"""Keeps the addresses we must not write to, by their fingerprints alone. It outlives the people."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, select

from publisher.records import Suppression
from publisher.store import schema as s
from publisher.store.database import insert_unless_there


def marked(connection: Connection, mark: bytes) -> bytes:
    """The mark of the key that the list is made with; the first mark that comes is the list's own."""
    connection.execute(insert_unless_there(connection, s.keymark, "id").values(id=1, mark=mark))
    return bytes(connection.execute(select(s.keymark.c.mark)).scalar_one())


def mark(connection: Connection) -> bytes | None:
    """The mark of the key that the list was made with, if there was one yet."""
    return connection.execute(select(s.keymark.c.mark)).scalar()


def add(connection: Connection, suppression: Suppression) -> bool:
    """Forbid this address; whether it was not forbidden yet. What was forbidden first keeps its reason, but a complaint
    outweighs the rest, for it alone cannot be lifted."""
    values = {name: getattr(suppression, name) for name in ("fingerprint", "newsletter", "reason", "at", "how")}
    if suppression.reason == "complained":
        lift(connection, suppression.fingerprint, (suppression.newsletter,))
    statement = insert_unless_there(connection, s.suppression, "fingerprint", "newsletter").values(values)
    # PostgreSQL's driver tells how many rows an INSERT wrote only where that is asked for.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def lift(connection: Connection, fingerprint: bytes, newsletters: Collection[str]) -> None:
    """Forget that these newsletters ("" for everything) were forbidden: the person asked for them again."""
    held = s.suppression.c
    mine = (held.fingerprint == fingerprint, held.newsletter.in_(newsletters))
    connection.execute(delete(s.suppression).where(*mine, held.reason != "complained"))


def of(connection: Connection, fingerprint: bytes) -> list[Suppression]:
    """All that is forbidden for this address, everything first."""
    held = s.suppression.c
    rows = connection.execute(select(s.suppression).where(held.fingerprint == fingerprint).order_by(held.newsletter))
    return [Suppression(**row) for row in rows.mappings()]


def every(connection: Connection) -> list[Suppression]:
    """All that is forbidden, for all addresses."""
    return [Suppression(**row) for row in connection.execute(select(s.suppression)).mappings()]


def count(connection: Connection) -> dict[str, int]:
    """How many addresses are forbidden altogether, by reason."""
    held = s.suppression.c
    query = select(held.reason, func.count()).where(held.newsletter == "").group_by(held.reason)
    return {row[0]: int(row[1]) for row in connection.execute(query.order_by(held.reason))}
