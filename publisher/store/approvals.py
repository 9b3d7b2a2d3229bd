"""Keeps who of the staff approved what, and what they wrote about an issue."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from publisher.records import Approval, Comment
from publisher.store import schema as s
from publisher.store.database import dialect_of, insert_unless_there


def add(connection: Connection, issue: int, approval: Approval) -> bool:
    """Keep an approval; False when this person stands by the same content already."""
    values = {name: getattr(approval, name) for name in ("who", "hash", "at", "how")}
    new = dialect_of(connection).insert(s.approval).values(issue=issue, **values)
    standing = s.approval.c.void_at.is_(None)
    quiet = new.on_conflict_do_nothing(index_elements=["issue", "who", "hash"], index_where=standing)
    return bool(connection.execute(quiet).rowcount == 1)


def of(connection: Connection, issue: int) -> list[Approval]:
    """All approvals of an issue in their order, the void ones too."""
    query = select(s.approval).where(s.approval.c.issue == issue).order_by(s.approval.c.id)
    names = ("who", "hash", "at", "how", "void_at")
    return [Approval(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def void(connection: Connection, issue: int, at: datetime) -> None:
    """What was approved so far holds no more: it was edited, or somebody stopped it."""
    a = s.approval.c
    connection.execute(update(s.approval).where(a.issue == issue, a.void_at.is_(None)).values(void_at=at))


def comment(connection: Connection, issue: int, new: Comment, digest: str) -> bool:
    """Keep a comment; False when this person wrote the same already (`digest`)."""
    values = {"issue": issue, "who": new.who, "at": new.at, "text": new.text, "digest": digest}
    quiet = insert_unless_there(connection, s.comment, "issue", "who", "digest").values(values)
    return bool(connection.execute(quiet).rowcount == 1)


def comments(connection: Connection, issue: int) -> list[Comment]:
    """What was written about an issue, in its order."""
    query = select(s.comment).where(s.comment.c.issue == issue).order_by(s.comment.c.id)
    return [Comment(who=row["who"], at=row["at"], text=row["text"]) for row in connection.execute(query).mappings()]
