"""Keeps what people asked for in the form until they confirm it by mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from publisher.records import Request, Wish
from publisher.store import schema as s


def alone(connection: Connection, address_key: str) -> None:
    """Hold off all others who ask or confirm for this address, to the end of the transaction.

    SQLite's write lock does so already; on PostgreSQL two forms sent at once would each find none before it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"publisher-request {address_key}"))))


def add(connection: Connection, request: Request) -> None:
    connection.execute(insert(s.request).values(_row(request)))


def find(connection: Connection, public_id: str, *, hold: bool = False) -> Request | None:
    """The request of this public id; with `hold`, nobody else uses it before this transaction ends."""
    query = select(s.request).where(s.request.c.public_id == public_id)
    row = connection.execute(query.with_for_update() if hold else query).mappings().first()
    return _record(row) if row else None


def latest(connection: Connection, address_key: str) -> Request | None:
    """The latest request for this address."""
    r = s.request.c
    query = select(s.request).where(r.address_key == address_key).order_by(r.asked_at.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return _record(row) if row else None


def of(connection: Connection, address_key: str) -> list[Request]:
    """All requests for this address that are still kept, oldest first."""
    r = s.request.c
    rows = connection.execute(select(s.request).where(r.address_key == address_key).order_by(r.asked_at))
    return [_record(row) for row in rows.mappings()]


def asked_since(connection: Connection, moment: datetime) -> int:
    """How many were asked since then, by anybody."""
    query = select(func.count()).select_from(s.request).where(s.request.c.asked_at > moment)
    return int(connection.execute(query).scalar_one())


def unmailed(connection: Connection, now: datetime) -> list[Request]:
    """Those whose mail did not leave yet and that are still good."""
    r = s.request.c
    rows = connection.execute(select(s.request).where(r.mailed_at.is_(None), r.expires_at > now).order_by(r.asked_at))
    return [_record(row) for row in rows.mappings()]


def claim(connection: Connection, request: Request, now: datetime, lease: timedelta) -> bool:
    """Whether it is ours to send the mail: nobody else did, or is at it. Whoever dies meanwhile loses it with the
    lease."""
    r = s.request.c
    free = (r.mailed_at.is_(None), or_(r.mailing_until.is_(None), r.mailing_until <= now))
    mine = update(s.request).where(r.public_id == request.public_id, *free).values(mailing_until=now + lease)
    return connection.execute(mine).rowcount == 1


def release(connection: Connection, request: Request) -> None:
    """Give back what was claimed: the mail did not leave, and may be tried again at once."""
    mine = update(s.request).where(s.request.c.public_id == request.public_id)
    connection.execute(mine.values(mailing_until=None))


def widen(connection: Connection, request: Request, newsletters: Sequence[str]) -> None:
    """Add newsletters to what waits for its confirmation."""
    wider = tuple(dict.fromkeys((*request.wish.newsletters, *newsletters)))
    mine = update(s.request).where(s.request.c.public_id == request.public_id)
    connection.execute(mine.values(newsletters=wider))


def forget_open(connection: Connection, address_key: str) -> None:
    """Delete what waits for its confirmation: whoever left since did not mean it any more."""
    r = s.request.c
    connection.execute(delete(s.request).where(r.address_key == address_key, r.used_at.is_(None)))


def mark_mailed(connection: Connection, request: Request, now: datetime) -> None:
    connection.execute(update(s.request).where(s.request.c.public_id == request.public_id).values(mailed_at=now))


def mark_used(connection: Connection, request: Request, now: datetime) -> None:
    connection.execute(update(s.request).where(s.request.c.public_id == request.public_id).values(used_at=now))


def forget(connection: Connection, address_key: str) -> int:
    """Delete all requests for this address; how many there were."""
    return connection.execute(delete(s.request).where(s.request.c.address_key == address_key)).rowcount


def forget_expired(connection: Connection, before: datetime) -> list[str]:
    """Delete what ended before then, used or not; their public ids."""
    gone = delete(s.request).where(s.request.c.expires_at < before).returning(s.request.c.public_id)
    return list(connection.execute(gone).scalars())


def _row(request: Request) -> dict[str, object]:
    wish = request.wish
    return {
        "public_id": request.public_id,
        "address": wish.address,
        "address_key": wish.address_key,
        "newsletters": wish.newsletters,
        "topics": list(wish.topics),
        "language": wish.language,
        "asked_at": request.asked_at,
        "expires_at": request.expires_at,
        "mailed_at": request.mailed_at,
        "used_at": request.used_at,
    }


def _record(row: RowMapping) -> Request:
    wish = Wish(
        address=row["address"],
        address_key=row["address_key"],
        newsletters=row["newsletters"],
        topics=tuple(row["topics"]),
        language=row["language"],
    )
    moments = {name: row[name] for name in ("asked_at", "expires_at", "mailed_at", "used_at")}
    return Request(public_id=row["public_id"], wish=wish, **moments)
