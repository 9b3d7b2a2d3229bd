"""Keeps subscribers, what they agreed to, and who of them may be written to."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from publisher.records import ConsentEvent, ConsentKind, Segment, Subscriber
from publisher.store import schema as s
from publisher.store.database import insert_unless_there

_NAMES = tuple(field.name for field in fields(Subscriber))
_AT_A_TIME = 2_000


def may_be_written_to(newsletter: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Who is active, asked for this newsletter, is not paused, and neither left it nor everything."""
    p = s.subscriber.c
    return (p.state == "active", _asked_for(newsletter), _is_awake(now), ~suppressed(p.fingerprint, newsletter))


def suppressed(fingerprint: ColumnElement[bytes], newsletter: str) -> ColumnElement[bool]:
    """Whether the suppression list forbids this newsletter to them."""
    held = s.suppression.c
    return exists().where(held.fingerprint == fingerprint, held.newsletter.in_(("", newsletter)))


def _asked_for(newsletter: str) -> ColumnElement[bool]:
    p = s.subscriber.c
    # Written into the statement: SQLite plans a LIKE with a bound pattern anew each time.
    pattern = bindparam(None, f"% {newsletter} %", type_=Text(), literal_execute=True)
    return or_(p.newsletters == "", p.newsletters.like(pattern))


def _is_awake(now: datetime) -> ColumnElement[bool]:
    p = s.subscriber.c
    return or_(p.paused_until.is_(None), p.paused_until <= now)


def add(connection: Connection, person: Subscriber, fingerprint: bytes) -> Subscriber | None:
    """A new person; the record with its number, or None where someone of that address is there."""
    row = {name: getattr(person, name) for name in _NAMES if name != "id"}
    row |= {"topics": list(person.topics), "fingerprint": fingerprint}
    statement = insert_unless_there(connection, s.subscriber, "address_key").values(row).returning(s.subscriber)
    added = connection.execute(statement).mappings().first()
    return _record(added) if added else None


def held(connection: Connection, address_key: str) -> Subscriber:
    """Who has this address and is there for certain; nobody else changes them before this transaction ends."""
    query = select(s.subscriber).where(s.subscriber.c.address_key == address_key).with_for_update()
    return _record(connection.execute(query).mappings().one())


def change(connection: Connection, person: Subscriber, **values: Any) -> Subscriber:
    """Change what we hold of someone; the record as it is then."""
    if "topics" in values:
        values["topics"] = list(values["topics"])
    p = s.subscriber.c
    statement = update(s.subscriber).where(p.id == person.id).values(**values, revision=p.revision + 1)
    return _record(connection.execute(statement.returning(s.subscriber)).mappings().one())


def with_public_id(connection: Connection, public_id: str, *, hold: bool = False) -> Subscriber | None:
    """Who has this public id, whatever was sent as one; with `hold`, nobody else changes them before this transaction
    ends."""
    if not re.fullmatch("[0-9a-f]{32}", public_id):
        return None
    return _one(connection, select(s.subscriber).where(s.subscriber.c.public_id == public_id), hold=hold)


def with_key(connection: Connection, address_key: str, *, hold: bool = False) -> Subscriber | None:
    """Who has this address, compared by its key."""
    return _one(connection, select(s.subscriber).where(s.subscriber.c.address_key == address_key), hold=hold)


def every(connection: Connection, newsletter: str | None = None) -> Iterator[Subscriber]:
    """All of them in the order they came, or those who asked for one newsletter, whatever their state; a few at a
    time."""
    after = 0
    p = s.subscriber.c
    wanted = (_asked_for(newsletter),) if newsletter else ()
    while True:
        query = select(s.subscriber).where(p.id > after, *wanted).order_by(p.id).limit(_AT_A_TIME)
        rows = connection.execute(query).mappings().all()
        yield from (_record(row) for row in rows)
        if len(rows) < _AT_A_TIME:
            return
        after = rows[-1]["id"]


def willing(connection: Connection, newsletter: str, now: datetime) -> int:
    """How many may be written to now."""
    query = select(func.count()).select_from(s.subscriber).where(*may_be_written_to(newsletter, now))
    return int(connection.execute(query).scalar_one())


def by_state(connection: Connection) -> dict[str, int]:
    """How many people there are in each state."""
    state = s.subscriber.c.state
    rows = connection.execute(select(state, func.count()).group_by(state))
    return {row[0]: row[1] for row in rows}


def segment(connection: Connection, newsletter: str, now: datetime) -> Segment:
    """How many would get this newsletter now, by their topics and languages ("" for no choice), and who would not."""
    p = s.subscriber.c
    on = may_be_written_to(newsletter, now)
    asked = (_asked_for(newsletter), ~suppressed(p.fingerprint, newsletter))
    topics: dict[str, int] = {}
    languages: dict[str, int] = {}
    chosen = cast(p.topics, Text).label("chosen")
    groups = select(p.language, chosen, func.min(p.id), func.count()).where(*on).group_by(p.language, chosen)
    for language, _, example, number in connection.execute(groups).all():
        languages[language or ""] = languages.get(language or "", 0) + number
        for topic in _topics_of(connection, example) or ("",):
            topics[topic] = topics.get(topic, 0) + number
    return Segment(
        newsletter=newsletter,
        willing=sum(languages.values()),
        paused=_count(connection, p.state == "active", p.paused_until > now, *asked),
        unconfirmed=_count(connection, p.state == "unconfirmed", *asked),
        topics=topics,
        languages=languages,
    )


def remember(connection: Connection, person: Subscriber, what: ConsentKind, how: str, at: datetime) -> None:
    """One more line in the history of someone's consent."""
    connection.execute(insert(s.consent).values(subscriber=person.id, at=at, what=what, how=how))


def history(connection: Connection, person: Subscriber) -> list[ConsentEvent]:
    """The history of someone's consent, oldest first."""
    c = s.consent.c
    rows = connection.execute(select(c.at, c.what, c.how).where(c.subscriber == person.id).order_by(c.id)).mappings()
    return [ConsentEvent(**row) for row in rows]


def forget(connection: Connection, person: Subscriber) -> None:
    """Delete someone and their history. What was sent to them is for `deliveries.forget`."""
    connection.execute(delete(s.consent).where(s.consent.c.subscriber == person.id))
    connection.execute(delete(s.bounce).where(s.bounce.c.subscriber == person.id))
    connection.execute(delete(s.subscriber).where(s.subscriber.c.id == person.id))


def idle(connection: Connection, state: str, before: datetime) -> list[Subscriber]:
    """Who is in this state, came before then, and to whose consent nothing happened since."""
    p = s.subscriber.c
    later = exists().where(s.consent.c.subscriber == p.id, s.consent.c.at >= before)
    rows = connection.execute(select(s.subscriber).where(p.state == state, p.created_at < before, ~later))
    return [_record(row) for row in rows.mappings()]


def _count(connection: Connection, *wanted: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(s.subscriber).where(*wanted)).scalar_one())


def _topics_of(connection: Connection, number: int) -> list[str]:
    return list(connection.execute(select(s.subscriber.c.topics).where(s.subscriber.c.id == number)).scalar_one())


def _one(connection: Connection, query: Select[Any], *, hold: bool) -> Subscriber | None:
    row = connection.execute(query.with_for_update() if hold else query).mappings().first()
    return _record(row) if row else None


def _record(row: RowMapping) -> Subscriber:
    return Subscriber(**{name: row[name] for name in _NAMES} | {"topics": tuple(row["topics"])})
