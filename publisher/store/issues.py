"""Keeps issues and their editions, and writes one audit row for every change of state."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from publisher.records import Block, Change, Edition, Edits, Finding, Issue, IssueState, Override
from publisher.store import approvals, schema as s
from publisher.store.database import insert_unless_there


def add(connection: Connection, issue: Issue, who: str, why: str) -> Issue | None:
    """Insert the issue unless its period has one already: one winner of any number of schedulers, losers get None."""
    statement = insert_unless_there(connection, s.issue, "newsletter", "period").values(_row(issue))
    number = connection.execute(statement.returning(s.issue.c.id)).scalar()
    if number is None:
        return None
    _note(connection, number, issue.drafted_at, who, None, issue.state, why)
    return replace(issue, id=number)


def find(connection: Connection, newsletter: str, period: str) -> Issue | None:
    i = s.issue.c
    row = connection.execute(select(s.issue).where(i.newsletter == newsletter, i.period == period)).mappings().first()
    return _record(connection, row) if row else None


def every(connection: Connection, newsletter: str | None = None) -> list[Issue]:
    """All issues, the latest first, without their editions. Names of weeks and months do not sort among each other."""
    i = s.issue.c
    query = select(s.issue).order_by(i.cut_off.desc(), i.period.desc(), i.newsletter)
    if newsletter:
        query = query.where(s.issue.c.newsletter == newsletter)
    return [_issue(row) for row in connection.execute(query).mappings()]


def open_and_latest(connection: Connection, latest: int) -> list[Issue]:
    """The issues that may still change by themselves, and so many of the latest of each newsletter."""
    i = s.issue.c
    place = func.row_number().over(partition_by=i.newsletter, order_by=i.cut_off.desc()).label("place")
    placed = select(i.id, i.state, place).subquery()
    wanted = select(placed.c.id).where(
        (placed.c.place <= latest) | placed.c.state.in_(("draft", "approved", "sending", "paused"))
    )
    query = select(s.issue).where(i.id.in_(wanted)).order_by(i.cut_off.desc(), i.period.desc(), i.newsletter)
    return [_issue(row) for row in connection.execute(query).mappings()]


def newest_moment(connection: Connection) -> datetime | None:
    """When the latest change of any issue was written down."""
    return connection.execute(select(func.max(s.audit.c.at))).scalar()


def newsletters(connection: Connection) -> list[str]:
    """The names of all newsletters that ever had an issue."""
    return list(connection.execute(select(s.issue.c.newsletter).distinct().order_by(s.issue.c.newsletter)).scalars())


def is_sending(connection: Connection, number: int) -> bool:
    """Whether nobody paused or cancelled it, to the end of this transaction."""
    query = select(s.issue.c.state).where(s.issue.c.id == number).with_for_update(read=True)
    return connection.execute(query).scalar() == "sending"


def by_numbers(connection: Connection, numbers: Iterable[int]) -> dict[int, Issue]:
    """Issues with their editions."""
    rows = connection.execute(select(s.issue).where(s.issue.c.id.in_(list(numbers)))).mappings()
    return {row["id"]: _record(connection, row) for row in rows}


def alone(connection: Connection, newsletter: str) -> None:
    """Hold off all others who decide what this newsletter carries, to the end of the transaction.

    SQLite's write lock does so already; PostgreSQL would let two periods be approved at once, each unseen by the other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"publisher-issues {newsletter}"))))


def rewrite(connection: Connection, known: Issue, issue: Issue, who: str, why: str | None = None) -> Issue | None:
    """Replace `known` by the newly drafted `issue`; None when someone was quicker.

    `why` is what was edited by hand: every edit is a row of the audit log, though the state may stay. Who approved what
    it was before has not approved this.
    """
    if not _changed(connection, known, _row(issue)):
        return None
    if why or known.looked_at != issue.looked_at:
        approvals.void(connection, known.id, issue.drafted_at)
    # What was frozen is void: no copy of it can have left, for what has left is never drafted again.
    connection.execute(delete(s.edition).where(s.edition.c.issue == known.id))
    if why or known.state != issue.state:
        _note(connection, known.id, issue.drafted_at, who, known.state, issue.state, why or "drafted again")
    return replace(issue, revision=known.revision + 1)


def freeze(connection: Connection, known: Issue, frozen: Issue, *, at: datetime, who: str, why: str) -> Issue | None:
    """Approve: store what will be sent, the main language first, with all that was found and overridden.

    None when someone was quicker. It is never replaced once a copy may have left.
    """
    approved = replace(frozen, state="approved", reason=why)
    if not _changed(connection, known, _row(approved)):
        return None
    _note(connection, known.id, at, who, known.state, "approved", why)
    connection.execute(delete(s.edition).where(s.edition.c.issue == known.id))
    rows = [{"issue": known.id, "place": place, **asdict(e)} for place, e in enumerate(approved.editions)]
    connection.execute(insert(s.edition), rows)
    return replace(approved, revision=known.revision + 1)


def move(
    connection: Connection, issue: Issue, to: IssueState, *, at: datetime, who: str, why: str | None = None
) -> Issue | None:
    """Change the state if it is still what `issue` says, with its audit row; None when someone was quicker."""
    if not _changed(connection, issue, {"state": to, "reason": why}):
        return None
    _note(connection, issue.id, at, who, issue.state, to, why)
    return replace(issue, state=to, reason=why, revision=issue.revision + 1)


def stop(
    connection: Connection, issue: Issue, to: IssueState, *, at: datetime, who: str, why: str | None
) -> Issue | None:
    """`move` an issue that is to be thought about again: what was frozen and who had approved it count no more."""
    moved = move(connection, issue, to, at=at, who=who, why=why)
    if moved is None:
        return None
    approvals.void(connection, issue.id, at)
    connection.execute(delete(s.edition).where(s.edition.c.issue == issue.id))
    return replace(moved, editions=())


def _changed(connection: Connection, known: Issue, values: dict[str, object]) -> bool:
    """Whether the row was still at the revision that `known` was read at, and has these values now."""
    i = s.issue.c
    still = (i.id == known.id, i.state == known.state, i.revision == known.revision)
    return connection.execute(update(s.issue).where(*still).values(**values, revision=known.revision + 1)).rowcount == 1


def changes(connection: Connection, issue: Issue) -> list[Change]:
    query = select(s.audit).where(s.audit.c.issue == issue.id).order_by(s.audit.c.id)
    return [
        Change(
            newsletter=issue.newsletter,
            period=issue.period,
            at=row["at"],
            who=row["who"],
            before=row["before"],
            after=row["after"],
            why=row["why"],
        )
        for row in connection.execute(query).mappings()
    ]


def _note(
    connection: Connection, issue: int, at: datetime, who: str, before: str | None, after: str, why: str | None
) -> None:
    values = {"issue": issue, "at": at, "who": who, "before": before, "after": after, "why": why}
    connection.execute(insert(s.audit).values(values))


def _row(issue: Issue) -> dict[str, object]:
    return {
        "newsletter": issue.newsletter,
        "period": issue.period,
        "state": issue.state,
        "after": issue.after,
        "cut_off": issue.cut_off,
        "drafted_at": issue.drafted_at,
        "lead": issue.lead,
        "entries": list(issue.entries),
        "events": list(issue.events),
        "shown": list(issue.shown),
        "looked_at": issue.looked_at,
        "findings": [asdict(finding) for finding in issue.findings],
        "edits": _plain(asdict(issue.edits)),
        "overrides": [_plain(asdict(override)) for override in issue.overrides],
        "reason": issue.reason,
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _record(connection: Connection, row: RowMapping) -> Issue:
    query = select(s.edition).where(s.edition.c.issue == row["id"]).order_by(s.edition.c.place)
    return _issue(row, [_edition(frozen) for frozen in connection.execute(query).mappings()])


def _edition(row: RowMapping) -> Edition:
    values = {name: value for name, value in row.items() if name not in ("issue", "place")}
    blocks = tuple(Block(**block | {"topics": tuple(block["topics"])}) for block in row["blocks"])
    return Edition(**values | {"blocks": blocks})


def _edits(row: dict[str, Any]) -> Edits:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Edits(**values)


def _override(row: dict[str, Any]) -> Override:
    return Override(**row | {"codes": tuple(row["codes"]), "at": datetime.fromisoformat(row["at"])})


def _issue(row: RowMapping, editions: Sequence[Edition] = ()) -> Issue:
    return Issue(
        id=row["id"],
        newsletter=row["newsletter"],
        period=row["period"],
        state=row["state"],
        after=row["after"],
        cut_off=row["cut_off"],
        drafted_at=row["drafted_at"],
        lead=row["lead"],
        entries=tuple(row["entries"]),
        events=tuple(row["events"]),
        shown=tuple(row["shown"]),
        looked_at=row["looked_at"],
        revision=row["revision"],
        findings=tuple(Finding(**finding) for finding in row["findings"]),
        edits=_edits(row["edits"]),
        overrides=tuple(_override(override) for override in row["overrides"]),
        reason=row["reason"],
        editions=tuple(editions),
    )
