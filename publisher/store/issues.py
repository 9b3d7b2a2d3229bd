"""Keeps issues and their editions, and writes one audit row for every change of state."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from publisher.records import Change, Edition, Finding, Issue, IssueState
from publisher.store import schema as s
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
    """All issues, latest period first, without their editions."""
    query = select(s.issue).order_by(s.issue.c.period.desc(), s.issue.c.newsletter)
    if newsletter:
        query = query.where(s.issue.c.newsletter == newsletter)
    return [_issue(row, None) for row in connection.execute(query).mappings()]


def by_numbers(connection: Connection, numbers: Iterable[int]) -> dict[int, Issue]:
    """Issues with their editions."""
    rows = connection.execute(select(s.issue).where(s.issue.c.id.in_(list(numbers)))).mappings()
    return {row["id"]: _record(connection, row) for row in rows}


def rewrite(connection: Connection, known: Issue, issue: Issue, who: str) -> bool:
    """Replace `known` by the newly drafted `issue` unless someone changed it meanwhile; whether it was replaced."""
    if connection.execute(update(s.issue).where(*_still(known)).values(_row(issue))).rowcount != 1:
        return False
    if known.state != issue.state:
        _note(connection, known.id, issue.drafted_at, who, known.state, issue.state, "drafted again")
    return True


def freeze(connection: Connection, issue: Issue, edition: Edition) -> None:
    """Store what will be sent. It is never replaced once a copy may have left."""
    connection.execute(delete(s.edition).where(s.edition.c.issue == issue.id))
    connection.execute(insert(s.edition).values(issue=issue.id, **asdict(edition)))


def move(
    connection: Connection, issue: Issue, to: IssueState, *, at: datetime, who: str, why: str | None = None
) -> Issue | None:
    """Change the state if it is still what `issue` says, with its audit row; None when someone was quicker."""
    if connection.execute(update(s.issue).where(*_still(issue)).values(state=to, reason=why)).rowcount != 1:
        return None
    _note(connection, issue.id, at, who, issue.state, to, why)
    return replace(issue, state=to, reason=why)


def _still(issue: Issue) -> tuple[ColumnElement[bool], ...]:
    """The row is as `issue` says: the same state, and the same draft."""
    i = s.issue.c
    return i.id == issue.id, i.state == issue.state, i.drafted_at == issue.drafted_at


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
        "findings": [asdict(finding) for finding in issue.findings],
        "reason": issue.reason,
    }


def _record(connection: Connection, row: RowMapping) -> Issue:
    frozen = connection.execute(select(s.edition).where(s.edition.c.issue == row["id"])).mappings().first()
    held = {name: value for name, value in frozen.items() if name != "issue"} if frozen else None
    return _issue(row, Edition(**held) if held else None)


def _issue(row: RowMapping, edition: Edition | None) -> Issue:
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
        findings=tuple(Finding(**finding) for finding in row["findings"]),
        reason=row["reason"],
        edition=edition,
    )
