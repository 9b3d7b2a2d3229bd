"""Keeps the reports that came back for subscribers. A report counts once, however often it is read."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select

from publisher.records import Bounce, Subscriber
from publisher.store import schema as s
from publisher.store.database import insert_unless_there


def add(connection: Connection, person: Subscriber, bounce: Bounce) -> bool:
    """Keep a report; whether it was not known yet."""
    values = {name: getattr(bounce, name) for name in ("digest", "at", "kind", "issue", "permanent", "status")}
    statement = insert_unless_there(connection, s.bounce, "digest").values(subscriber=person.id, **values)
    # PostgreSQL's driver tells how many rows an INSERT wrote only where that is asked for.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def of(connection: Connection, person: Subscriber) -> list[Bounce]:
    """All that came back for this person, oldest first."""
    b = s.bounce.c
    columns = (b.digest, b.at, b.kind, b.issue, b.permanent, b.status)
    rows = connection.execute(select(*columns).where(b.subscriber == person.id).order_by(b.at, b.digest))
    return [Bounce(**row) for row in rows.mappings()]


def in_a_row(connection: Connection, person: Subscriber, more: Collection[int] = ()) -> int:
    """How many issues in a row came back, up to the newest that did: among the issues whose copy for this person was
    accepted, and since they last confirmed. `more` are issues that came back and are not kept here."""
    confirmed = select(func.max(s.consent.c.at)).where(s.consent.c.subscriber == person.id)
    since = connection.execute(confirmed.where(s.consent.c.what == "confirmed")).scalar()
    back = {bounce.issue for bounce in of(connection, person) if since is None or bounce.at > since} | {*more}
    count = 0
    for issue in _issues_sent_to(connection, person):
        if issue in back:
            count += 1
        elif count:
            break
    return count


def latest_issue(connection: Connection, person: Subscriber) -> int | None:
    """The number of the latest issue whose copy for this person was accepted."""
    return next(iter(_issues_sent_to(connection, person)), None)


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete the reports of before then; how many."""
    return connection.execute(delete(s.bounce).where(s.bounce.c.at < moment)).rowcount


def _issues_sent_to(connection: Connection, person: Subscriber) -> list[int]:
    """Newest first. Each issue is asked for its one row of this person: the ledger has no index by subscriber."""
    d, i = s.delivery.c, s.issue.c
    mine = (d.issue == i.id, d.subscriber == person.id, d.state == "accepted")
    query = select(i.id).join(s.delivery, mine[0]).where(*mine[1:]).order_by(i.cut_off.desc(), i.id.desc())
    return list(connection.execute(query).scalars())


def came_back(connection: Connection, issue: int) -> dict[str, int]:
    """How many people's copies of this issue came back for good (`bounce`), or with a `complaint`."""
    b = s.bounce.c
    for_good = or_(b.kind == "complaint", b.permanent)
    query = select(b.kind, func.count(b.subscriber.distinct())).where(b.issue == issue, for_good).group_by(b.kind)
    return {row[0]: row[1] for row in connection.execute(query)}
