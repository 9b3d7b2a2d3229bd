"""Remembers what each personal link of the staff opens, and which mails they are to have, so that each comes once."""

import secrets
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from publisher.records import NoticeKind, Pass, StaffNotice
from publisher.store import schema as s
from publisher.store.database import insert_unless_there

_NOTICE = tuple(field.name for field in fields(StaffNotice))


def new_pass(connection: Connection, issue: int, who: str, hash: str, expires_at: datetime) -> Pass:
    """A pass under a new random id."""
    made = Pass(public_id=secrets.token_hex(16), issue=issue, who=who, hash=hash, expires_at=expires_at)
    values = {name: getattr(made, name) for name in ("public_id", "issue", "who", "hash", "expires_at")}
    connection.execute(insert(s.staff_pass).values(values))
    return made


def find_pass(connection: Connection, public_id: str) -> Pass | None:
    row = connection.execute(select(s.staff_pass).where(s.staff_pass.c.public_id == public_id)).mappings().first()
    return Pass(**row) if row else None


def add_notice(connection: Connection, to: Pass, kind: NoticeKind, about: str, text: str, at: datetime) -> bool:
    """Keep a mail to be sent with this pass, from now on; False when there was one of this kind about the same."""
    values = {"issue": to.issue, "who": to.who, "kind": kind, "about": about, "text": text, "pass_id": to.public_id}
    quiet = insert_unless_there(connection, s.staff_notice, "issue", "who", "kind", "about")
    return bool(connection.execute(quiet.values(**values, made_at=at, attempts=0, due_at=at)).rowcount == 1)


def has_notice(connection: Connection, issue: int, who: str, kind: NoticeKind, about: str) -> bool:
    n = s.staff_notice.c
    query = select(n.id).where(n.issue == issue, n.who == who, n.kind == kind, n.about == about)
    return connection.execute(query).first() is not None


def due_notices(connection: Connection, now: datetime) -> list[StaffNotice]:
    """The mails to be sent now, oldest first."""
    n = s.staff_notice.c
    query = select(s.staff_notice).where(n.due_at <= now).order_by(n.id)
    return [_notice(row) for row in connection.execute(query).mappings()]


def notices(connection: Connection, issue: int) -> list[StaffNotice]:
    """All mails to staff about an issue, oldest first."""
    n = s.staff_notice.c
    query = select(s.staff_notice).where(n.issue == issue).order_by(n.id)
    return [_notice(row) for row in connection.execute(query).mappings()]


def claim_notice(connection: Connection, notice: StaffNotice, until: datetime) -> bool:
    """Count an attempt and hold the mail for one process. Whoever dies meanwhile loses it at `until`."""
    n = s.staff_notice.c
    free = (n.id == notice.id, n.attempts == notice.attempts, n.due_at.is_not(None))
    mine = update(s.staff_notice).where(*free).values(attempts=notice.attempts + 1, due_at=until)
    return connection.execute(mine).rowcount == 1


def settle_notice(connection: Connection, notice: StaffNotice, now: datetime) -> None:
    """It has left."""
    mine = update(s.staff_notice).where(s.staff_notice.c.id == notice.id)
    connection.execute(mine.values(due_at=None, done_at=now, trouble=None))


def put_off_notice(connection: Connection, notice: StaffNotice, until: datetime | None, trouble: str) -> None:
    """It could not leave because of `trouble`; nobody tries any more when there is no `until`."""
    mine = update(s.staff_notice).where(s.staff_notice.c.id == notice.id)
    connection.execute(mine.values(due_at=until, trouble=trouble))


def _notice(row: RowMapping) -> StaffNotice:
    return StaffNotice(**{name: row[name] for name in _NOTICE})
