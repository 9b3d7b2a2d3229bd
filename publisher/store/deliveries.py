"""The ledger: one row for each issue and subscriber, from `waiting` to a settled state.

Recipients are frozen in one transaction. A claim is a reservation with a token and a lease; nothing leaves before the
row is `sending` under that token (the fence). Suppression is checked again inside the claim.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from publisher.records import OPEN, Certificate, Delivery, Issue
from publisher.store import schema as s
from publisher.store.subscribers import may_be_written_to


def freeze_recipients(connection: Connection, issue: Issue, now: datetime) -> int:
    """Everyone who may be written to now, as `waiting` rows, in one statement; how many."""
    p = s.subscriber.c
    copied = [p.public_id, p.address, p.fingerprint, p.name, p.language, p.topics]
    wanted = may_be_written_to(issue.newsletter, now)
    people = select(literal(issue.id), p.id, *copied, literal("waiting"), literal(0)).where(*wanted)
    columns = ["issue", "subscriber", *(column.name for column in copied), "state", "attempts"]
    # PostgreSQL's driver tells how many rows an INSERT wrote only where that is asked for.
    freezing = insert(s.delivery).from_select(columns, people).execution_options(preserve_rowcount=True)
    return connection.execute(freezing).rowcount


def claim(
    connection: Connection, issue: Issue, token: str, now: datetime, lease: timedelta, most: int
) -> tuple[int, list[Delivery]]:
    """Reserve up to `most` waiting rows for the sender `token`; those who left meanwhile become `skipped` instead.

    Returns how many rows were taken from the waiting ones, and those of them that may be sent.
    """
    d = s.delivery.c
    free = select(d.subscriber).where(d.issue == issue.id, d.state == "waiting").order_by(d.subscriber).limit(most)
    if connection.dialect.name != "sqlite":
        free = free.with_for_update(skip_locked=True)
    chosen = list(connection.execute(free).scalars())
    mine = (d.issue == issue.id, d.subscriber.in_(chosen))
    _skip_the_unwilling(connection, (*mine, d.state == "waiting"), issue.newsletter, now)
    reserve = {"state": "claimed", "claim": token, "lease_until": now + lease, "attempts": d.attempts + 1}
    connection.execute(update(s.delivery).where(*mine, d.state == "waiting").values(reserve))
    held = select(s.delivery).where(*mine, d.claim == token, d.state == "claimed").order_by(d.subscriber)
    return len(chosen), [_record(row) for row in connection.execute(held).mappings()]


def _skip_the_unwilling(
    connection: Connection, copies: Sequence[ColumnElement[bool]], newsletter: str, now: datetime
) -> None:
    """Copies of those who left, paused or were erased meanwhile (someone erased has no row any more) never leave."""
    willing = exists().where(s.subscriber.c.id == s.delivery.c.subscriber, *may_be_written_to(newsletter, now))
    skip = {"state": "skipped", "reply": "left or paused before this copy was sent", "settled_at": now}
    connection.execute(update(s.delivery).where(*copies, ~willing).values(skip))


def intend(connection: Connection, deliveries: Sequence[Delivery], token: str, now: datetime) -> list[Delivery]:
    """The fence: only rows still claimed by `token` within their lease become `sending`; those may leave."""
    d = s.delivery.c
    ids = [one.subscriber for one in deliveries]
    issue = deliveries[0].issue
    mine = (d.issue == issue, d.subscriber.in_(ids), d.claim == token, d.state == "claimed")
    newsletter = connection.execute(select(s.issue.c.newsletter).where(s.issue.c.id == issue)).scalar_one()
    _skip_the_unwilling(connection, mine, newsletter, now)
    fence = (*mine, d.lease_until > now)
    connection.execute(update(s.delivery).where(*fence).values(state="sending"))
    held = select(s.delivery).where(d.issue == issue, d.subscriber.in_(ids), d.claim == token, d.state == "sending")
    return [_record(row) for row in connection.execute(held.order_by(d.subscriber)).mappings()]


def settle(connection: Connection, settled: Sequence[Delivery], now: datetime) -> None:
    """Store the results. Only rows still `sending` under the same claim are touched."""
    d = s.delivery.c
    statement = (
        update(s.delivery)
        .where(
            d.issue == bindparam("of_issue"),
            d.subscriber == bindparam("of_subscriber"),
            d.claim == bindparam("of_claim"),
            d.state == "sending",
        )
        # A relay's answer may repeat the address; of someone who was erased meanwhile it is not kept.
        .values(
            state=bindparam("to"),
            reply=case((d.public_id.is_not(None), bindparam("said"))),
            settled_at=bindparam("at"),
        )
    )
    rows = [
        {
            "of_issue": x.issue,
            "of_subscriber": x.subscriber,
            "of_claim": x.claim,
            "to": x.state,
            "said": x.reply,
            "at": now,
        }
        for x in settled
    ]
    if rows:
        connection.execute(statement, rows)


def recover(connection: Connection, issue: int, now: datetime, *, repeatable: bool, alone: bool) -> int:
    """Give back what a dead sender held; how many rows.

    `deferred` rows are known not to have left; each sending tries them once more. `claimed` rows never left: once
    their lease is over (at once when we are `alone`) they wait again. `sending` rows may have left: with a
    `repeatable` transport, which makes the same file twice, they wait again; else they are `uncertain`, to be decided
    by policy, never by guessing.
    """
    d = s.delivery.c
    over = (d.issue == issue,) if alone else (d.issue == issue, d.lease_until < now)
    back = {"state": "waiting", "claim": None, "lease_until": None}
    connection.execute(update(s.delivery).where(d.issue == issue, d.state == "deferred").values(back))
    given_back = connection.execute(update(s.delivery).where(*over, d.state == "claimed").values(back)).rowcount
    uncertain = {"state": "uncertain", "reply": "the sender stopped while waiting for the answer", "settled_at": now}
    after = back if repeatable else uncertain
    return given_back + connection.execute(update(s.delivery).where(*over, d.state == "sending").values(after)).rowcount


def any_accepted(connection: Connection) -> bool:
    """Whether any copy of any issue was ever accepted."""
    return connection.execute(select(1).where(s.delivery.c.state == "accepted").limit(1)).first() is not None


def of(connection: Connection, subscriber: int) -> list[tuple[str, str, Delivery, datetime | None]]:
    """All copies of one subscriber, oldest issue first: newsletter, period, the delivery, when it was settled.

    Each issue is asked for its one row, for the ledger has no index by subscriber.
    """
    d, i = s.delivery.c, s.issue.c
    query = select(i.newsletter, i.period, *s.delivery.c).join(s.delivery, d.issue == i.id)
    rows = connection.execute(query.where(d.subscriber == subscriber).order_by(i.cut_off, i.id)).mappings()
    return [(row["newsletter"], row["period"], _record(row), row["settled_at"]) for row in rows]


_PERSONAL: dict[str, Any] = {
    **dict.fromkeys(("address", "fingerprint", "name", "language", "reply")),
    "topics": [],
}
"""What of a delivery tells who it was for; a relay's reply may repeat the address."""


def forget(connection: Connection, subscriber: int, now: datetime) -> None:
    """Take out of all copies of one person who it was; that there was a copy, and what became of it, stays.

    What did not leave yet is skipped, also a copy that a sender has in its hands and did not begin to send.
    """
    d = s.delivery.c
    mine = (d.issue.in_(select(s.issue.c.id)), d.subscriber == subscriber)
    skip = {"state": "skipped", "settled_at": now}
    unsent = d.state.in_(("waiting", "claimed", "deferred"))
    connection.execute(update(s.delivery).where(*mine, unsent).values(skip))
    connection.execute(update(s.delivery).where(*mine).values(**_PERSONAL, public_id=None))


def finished_before(connection: Connection, moment: datetime) -> dict[int, int]:
    """Issues whose last copy was settled before then and still tells whom it was for; with how many copies each."""
    d, i = s.delivery.c, s.issue.c
    query = select(i.id, func.count()).join(s.delivery, d.issue == i.id).where(i.forgotten_at.is_(None)).group_by(i.id)
    query = query.having(
        func.sum(case((d.state.in_(OPEN), 1), else_=0)) == 0,
        func.coalesce(func.max(d.settled_at), func.max(i.cut_off)) < moment,
    )
    return {issue: int(number) for issue, number in connection.execute(query)}


def forget_recipients(connection: Connection, issue: int, now: datetime) -> int:
    """Take out of all copies of one issue whom they were for; how many."""
    connection.execute(update(s.issue).where(s.issue.c.id == issue).values(forgotten_at=now))
    return connection.execute(update(s.delivery).where(s.delivery.c.issue == issue).values(_PERSONAL)).rowcount


def open_left(connection: Connection, issue: int) -> int:
    d = s.delivery.c
    query = select(func.count()).select_from(s.delivery).where(d.issue == issue, d.state.in_(OPEN))
    return int(connection.execute(query).scalar_one())


def certificate(connection: Connection, issue: Issue) -> Certificate:
    d = s.delivery.c
    query = select(d.state, func.count()).where(d.issue == issue.id).group_by(d.state).order_by(d.state)
    counts = {row[0]: int(row[1]) for row in connection.execute(query)}
    return Certificate(newsletter=issue.newsletter, period=issue.period, recipients=sum(counts.values()), counts=counts)


def _record(row: RowMapping) -> Delivery:
    return Delivery(
        issue=row["issue"],
        subscriber=row["subscriber"],
        public_id=row["public_id"] or "",
        address=row["address"] or "",
        name=row["name"],
        language=row["language"],
        topics=tuple(row["topics"]),
        state=row["state"],
        attempts=row["attempts"],
        claim=row["claim"],
        reply=row["reply"],
    )
