"""The ledger: one row for each issue and subscriber, from `waiting` to a settled state.

Recipients are frozen in one transaction. A claim is a reservation with a token and a lease; nothing leaves before the
row is `sending` under that token (the fence). Suppression is checked again inside the claim.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Integer,
    String,
    Text,
    Update,
    and_,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from publisher.records import OPEN, SETTLED, Certificate, Delivery, Issue
from publisher.store import schema as s
from publisher.store.prepared import Prepared, given
from publisher.store.subscribers import may_be_written_to

_OPEN = s.delivery.c.settled_at.is_(None)
"""What is not settled: with this in the question, the index of open copies answers it."""

_RECORDED = [
    s.delivery.c[name]
    for name in (
        *("issue", "subscriber", "public_id", "address", "name", "language", "topics"),
        *("state", "attempts", "claim", "reply", "first_try", "next_try", "doubts"),
    )
]
"""What a Delivery says of its row."""

_LEFT = "left or paused before this copy was sent"
STOPPED = "the sender stopped while waiting for the answer"


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
    values = {"of_issue": issue.id, "token": token, "now": now, "until": now + lease, "most": most}
    rows = connection.execute(_claim(issue.newsletter, connection.dialect.name), values)
    taken = sorted(map(_record, rows), key=lambda one: one.subscriber)
    return len(taken), [one for one in taken if one.state == "claimed"]


@lru_cache(maxsize=16)
def _claim(newsletter: str, dialect: str) -> Update:
    d = s.delivery.c
    now = given("now", s.Moment())
    free = select(d.subscriber).where(d.issue == given("of_issue"), d.state == "waiting", _OPEN)
    free = free.order_by(d.subscriber).limit(given("most"))
    if dialect != "sqlite":
        free = free.with_for_update(skip_locked=True)
    # By a name of its own it is asked once; PostgreSQL may ask a plain sub-select again, and take more than the limit.
    chosen = select(free.cte("free").c.subscriber)
    willing = _willing(newsletter, now)
    changes = {
        "state": case((willing, "claimed"), else_="skipped"),
        "reply": case((willing, None), else_=_LEFT),
        "settled_at": case((willing, None), else_=now),
        "claim": given("token"),
        "lease_until": given("until", s.Moment()),
    }
    return (
        update(s.delivery)
        .where(d.issue == given("of_issue"), d.subscriber.in_(chosen))
        .values(changes)
        .returning(*_RECORDED)
    )


def _willing(newsletter: str, now: Any) -> ColumnElement[bool]:
    """Whether the reader of a copy may still be written to; someone erased has no row any more."""
    return exists().where(s.subscriber.c.id == s.delivery.c.subscriber, *may_be_written_to(newsletter, now))


@lru_cache(maxsize=16)
def _fence(newsletter: str) -> Prepared:
    d = s.delivery.c
    now = given("now", type_=s.Moment())

    def fence(told: CTE) -> Update:
        held = (
            d.issue == given("of_issue"),
            d.subscriber == told.c.of_subscriber,
            d.claim == given("of_claim"),
            # `sending` too: where the answer to a commit was lost, the same is asked again.
            or_(d.state == "claimed", d.state == "sending"),
            d.lease_until > now,
            _willing(newsletter, now),
        )
        return update(s.delivery).where(*held).values(state="sending")

    return Prepared([column("of_subscriber", Integer)], fence)


def intend(
    connection: Connection, issue: Issue, copies: Sequence[Delivery], token: str, now: datetime
) -> list[Delivery]:
    """The fence: those copies that are still claimed by `token` within their lease become `sending`, and those alone
    may leave; a copy for someone who left meanwhile becomes `skipped`. Which may leave."""
    fence, common = _fence(issue.newsletter), {"of_issue": issue.id, "of_claim": token, "now": now}
    if fence.changed(connection, common, [(one.subscriber,) for one in copies]) == len(copies):
        return list(copies)
    # Rarely: which of them it was is asked one by one, for whoever may pass passes again.
    passed = [fence.changed(connection, common, [(one.subscriber,)]) == 1 for one in copies]
    stopped = [one.subscriber for one, may in zip(copies, passed, strict=True) if not may]
    mine = (_d.issue == issue.id, _d.subscriber.in_(stopped), _d.claim == token, _d.state == "claimed")
    _skip_the_unwilling(connection, mine, issue.newsletter, now)
    return [one for one, may in zip(copies, passed, strict=True) if may]


def _skip_the_unwilling(
    connection: Connection, copies: Sequence[ColumnElement[bool]], newsletter: str, now: datetime
) -> None:
    """Copies of those who left or paused meanwhile never leave."""
    skip = {"state": "skipped", "reply": _LEFT, "settled_at": now}
    connection.execute(update(s.delivery).where(*copies, ~_willing(newsletter, now)).values(skip))


_d = s.delivery.c


def _settled(told: CTE) -> Update:
    c = told.c
    held = (
        _d.issue == c.of_issue,
        _d.subscriber == c.of_subscriber,
        _d.claim == c.of_claim,
        or_(_d.state == "claimed", _d.state == "sending"),
    )
    # A relay's answer may repeat the address; of someone who was erased meanwhile it is not kept.
    return (
        update(s.delivery)
        .where(*held)
        .values(
            state=c.became,
            reply=case((_d.public_id.is_not(None), c.said)),
            attempts=c.times,
            first_try=c.first,
            next_try=c.next,
            doubts=c.in_doubt,
            settled_at=c.at,
        )
    )


_SETTLE = Prepared(
    [
        column("of_issue", Integer),
        column("of_subscriber", Integer),
        column("of_claim", String),
        column("became", String),
        column("said", Text),
        column("times", Integer),
        column("first", s.Moment),
        column("next", s.Moment),
        column("in_doubt", Integer),
        column("at", s.Moment),
    ],
    _settled,
)


def settle(connection: Connection, results: Sequence[Delivery], now: datetime) -> None:
    """Store what became of copies. Only rows still held under the same claim are touched."""
    rows = [
        (
            *(one.issue, one.subscriber, one.claim, one.state, one.reply, one.attempts),
            *(one.first_try, one.next_try, one.doubts, now if one.state in SETTLED else None),
        )
        for one in results
    ]
    _SETTLE.changed(connection, {}, rows)


_BACK: dict[str, Any] = {"state": "waiting", "claim": None, "lease_until": None, "next_try": None}


def renew(connection: Connection, issue: int, token: str, until: datetime) -> None:
    """Keep what a sender claimed for longer: it lives."""
    d = s.delivery.c
    mine = (d.issue == issue, d.state == "claimed", _OPEN, d.claim == token)
    connection.execute(update(s.delivery).where(*mine).values(lease_until=until))


def release(connection: Connection, issue: int, token: str | None = None) -> int:
    """Give back what was claimed (by this sender, or by all) and did not begin to leave; how many."""
    d = s.delivery.c
    held = [d.issue == issue, d.state == "claimed", _OPEN]
    if token:
        held.append(d.claim == token)
    return connection.execute(update(s.delivery).where(*held).values(_BACK)).rowcount


def revive(connection: Connection, issue: int, now: datetime) -> int:
    """Deferred copies whose time has come wait again; how many."""
    d = s.delivery.c
    due = (d.issue == issue, d.state == "deferred", _OPEN, or_(d.next_try.is_(None), d.next_try <= now))
    return connection.execute(update(s.delivery).where(*due).values(_BACK)).rowcount


def next_try(connection: Connection, issue: int) -> datetime | None:
    """When the first of the deferred copies is tried again."""
    d = s.delivery.c
    query = select(func.min(d.next_try)).where(d.issue == issue, d.state == "deferred", _OPEN)
    return connection.execute(query).scalar()


def recover(
    connection: Connection, issue: int, now: datetime, living: Sequence[str], *, again: bool, repeatable: bool
) -> int:
    """Give back what senders held that are not among the `living`; how many rows may have left already.

    `claimed` rows never left: those of the dead, and all whose lease is over, wait again. `sending` rows of the dead
    may have left. With a `repeatable` transport, which makes the same file twice, they wait again without a doubt.
    Else they are in doubt: where they are to be sent `again` they wait, once; else they are `uncertain`, and a person
    decides.
    """
    d = s.delivery.c
    dead = d.claim.not_in(living)
    held = (d.issue == issue, d.state == "claimed", _OPEN, or_(dead, d.lease_until < now))
    connection.execute(update(s.delivery).where(*held).values(_BACK))
    begun = (d.issue == issue, d.state == "sending", _OPEN, dead)
    if repeatable:
        return connection.execute(update(s.delivery).where(*begun).values(_BACK)).rowcount
    doubted = {"attempts": d.attempts + 1, "doubts": d.doubts + 1, "first_try": func.coalesce(d.first_try, now)}
    twice = {"state": "uncertain", "reply": STOPPED, "settled_at": now}
    once = (*begun, d.doubts == 0) if again else (*begun, d.doubts < 0)
    back = connection.execute(update(s.delivery).where(*once).values(_BACK | doubted)).rowcount
    return back + connection.execute(update(s.delivery).where(*begun).values(twice | doubted)).rowcount


def resend(connection: Connection, issue: int, state: Literal["uncertain", "refused"]) -> int:
    """A person decided: these copies wait again; how many. What they were in doubt about stays on record."""
    d = s.delivery.c
    these = (d.issue == issue, d.state == state, d.address.is_not(None))
    fresh = _BACK | {"settled_at": None, "reply": None, "first_try": None}
    return connection.execute(update(s.delivery).where(*these).values(fresh)).rowcount


def cancel(connection: Connection, issue: int, now: datetime) -> int:
    """What did not begin to leave never will; how many."""
    d = s.delivery.c
    these = (d.issue == issue, d.state.in_(("waiting", "claimed", "deferred")), _OPEN)
    skip = {"state": "skipped", "reply": "the issue was cancelled", "settled_at": now}
    return connection.execute(update(s.delivery).where(*these).values(skip)).rowcount


def any_accepted(connection: Connection) -> bool:
    """Whether any copy of any issue was ever accepted."""
    return connection.execute(select(1).where(s.delivery.c.state == "accepted").limit(1)).first() is not None


def of(connection: Connection, subscriber: int) -> list[tuple[str, str, Delivery, datetime | None]]:
    """All copies of one subscriber, oldest issue first: newsletter, period, the delivery, when it was settled.

    Each issue is asked for its one row, for the ledger has no index by subscriber.
    """
    d, i = s.delivery.c, s.issue.c
    query = select(*_RECORDED, i.newsletter, i.period, d.settled_at).join(s.delivery, d.issue == i.id)
    rows = connection.execute(query.where(d.subscriber == subscriber).order_by(i.cut_off, i.id))
    return [(newsletter, period, _record(row), at) for *row, newsletter, period, at in rows]


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


def any_due(connection: Connection, issue: int, now: datetime) -> bool:
    """Whether any copy may leave now: one that waits, or a deferred one whose time has come."""
    d = s.delivery.c
    late = and_(d.state == "deferred", or_(d.next_try.is_(None), d.next_try <= now))
    query = select(1).where(d.issue == issue, _OPEN, or_(d.state == "waiting", late)).limit(1)
    return connection.execute(query).first() is not None


def open_left(connection: Connection, issue: int) -> int:
    d = s.delivery.c
    query = select(func.count()).select_from(s.delivery).where(d.issue == issue, d.state.in_(OPEN), _OPEN)
    return int(connection.execute(query).scalar_one())


def certificate(connection: Connection, issue: Issue) -> Certificate:
    d = s.delivery.c
    query = select(d.state, func.count()).where(d.issue == issue.id).group_by(d.state).order_by(d.state)
    counts = {row[0]: int(row[1]) for row in connection.execute(query)}
    doubted = select(func.count()).where(d.issue == issue.id, d.state == "accepted", d.doubts > 0)
    return Certificate(
        newsletter=issue.newsletter,
        period=issue.period,
        recipients=sum(counts.values()),
        counts=counts,
        doubted=int(connection.execute(doubted).scalar_one()),
        cancelled=issue.state == "cancelled",
    )


def accepted_between(connection: Connection, issue: int) -> tuple[datetime | None, datetime | None]:
    """When the first and the last copy were accepted."""
    accepted = (_d.issue == issue, _d.state == "accepted")
    first, last = connection.execute(select(func.min(_d.settled_at), func.max(_d.settled_at)).where(*accepted)).one()
    return first, last


def accepted_since(connection: Connection, issue: int, moment: datetime) -> int:
    """How many copies were accepted after that moment."""
    lately = (_d.issue == issue, _d.state == "accepted", _d.settled_at > moment)
    return int(connection.execute(select(func.count()).select_from(s.delivery).where(*lately)).scalar_one())


def last_settled(connection: Connection, issue: int) -> datetime | None:
    """When the last copy was settled, however."""
    return connection.execute(select(func.max(_d.settled_at)).where(_d.issue == issue)).scalar()


def in_question(connection: Connection, issue: int) -> list[Delivery]:
    """All copies that did not simply arrive: refused, expired, uncertain, and those accepted with a doubt."""
    d = s.delivery.c
    told = or_(d.state.in_(("refused", "expired", "uncertain")), and_(d.state == "accepted", d.doubts > 0))
    query = select(*_RECORDED).where(d.issue == issue, told).order_by(d.state, d.subscriber)
    return [_record(row) for row in connection.execute(query)]


def _record(row: Sequence[Any]) -> Delivery:
    """The record of a row of `_RECORDED`."""
    issue, subscriber, public_id, address, name, language, topics, *fate = row
    state, attempts, claim, reply, first_try, next_try, doubts = fate
    return Delivery(
        issue=issue,
        subscriber=subscriber,
        public_id=public_id or "",
        address=address or "",
        name=name,
        language=language,
        topics=tuple(topics),
        state=state,
        attempts=attempts,
        claim=claim,
        reply=reply,
        first_try=first_try,
        next_try=next_try,
        doubts=doubts,
    )
