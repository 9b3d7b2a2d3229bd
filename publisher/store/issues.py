"""Keeps issues and their editions, and writes one audit row for every change of state."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from publisher.records import Block, Change, Edition, Edits, Finding, Issue, IssueState, Override
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
    return [_issue(row) for row in connection.execute(query).mappings()]


def by_numbers(connection: Connection, numbers: Iterable[int]) -> dict[int, Issue]:
    """Issues with their editions."""
    rows = connection.execute(select(s.issue).where(s.issue.c.id.in_(list(numbers)))).mappings()
    return {row["id"]: _record(connection, row) for row in rows}


def rewrite(connection: Connection, known: Issue, issue: Issue, who: str, why: str | None = None) -> bool:
    """Replace `known` by the newly drafted `issue` unless someone changed it meanwhile; whether it was replaced.

    `why` is what was edited by hand: every edit is a row of the audit log, though the state may stay.
    """
    if connection.execute(update(s.issue).where(*_still(known)).values(_row(issue))).rowcount != 1:
        return False
    # What was frozen is void: no copy of it can have left, for what has left is never drafted again.
    connection.execute(delete(s.edition).where(s.edition.c.issue == known.id))
    if why or known.state != issue.state:
        _note(connection, known.id, issue.drafted_at, who, known.state, issue.state, why or "drafted again")
    return True


def freeze(connection: Connection, issue: Issue, editions: Sequence[Edition]) -> None:
    """Store what will be sent, the main language first. It is never replaced once a copy may have left."""
    connection.execute(delete(s.edition).where(s.edition.c.issue == issue.id))
    rows = [{"issue": issue.id, "place": place, **asdict(edition)} for place, edition in enumerate(editions)]
    connection.execute(insert(s.edition), rows)


def note_override(connection: Connection, issue: Issue, overrides: Sequence[Override]) -> None:
    """Store why errors do not stop this approval."""
    rows = [_plain(asdict(override)) for override in overrides]
    connection.execute(update(s.issue).where(s.issue.c.id == issue.id).values(overrides=rows))


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
        findings=tuple(Finding(**finding) for finding in row["findings"]),
        edits=_edits(row["edits"]),
        overrides=tuple(_override(override) for override in row["overrides"]),
        reason=row["reason"],
        editions=tuple(editions),
    )
