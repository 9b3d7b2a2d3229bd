"""Remembers of each feed which bytes a WebSub hub was told of, or must be told of, and when to try again.

The row stays when the hub knows: so a crash between writing a feed and noting it loses no ping, for the next build
compares again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from publisher.store import schema as s
from publisher.store.database import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One feed document: its URL, the SHA-256 of its bytes and since when it has them, and how often the hub was
    tried. `due_at` is null when the hub knows, or nobody tries any more."""

    url: str
    hash: str
    since: datetime
    due_at: datetime | None
    attempts: int = 0
    trouble: str | None = None


def note(connection: Connection, documents: Mapping[str, str], now: datetime) -> None:
    """These documents stand (URL and hash); the hub must be told of those that it was not told of with this hash."""
    query = select(s.ping.c.url, s.ping.c.hash).where(s.ping.c.url.in_(list(documents)))
    known = {row["url"]: row["hash"] for row in connection.execute(query).mappings()}
    for url, digest in documents.items():
        if known.get(url) != digest:
            values = {"url": url, "hash": digest, "since": now, "due_at": now, "attempts": 0, "trouble": None}
            connection.execute(upsert(connection, s.ping, "url", values))


def due(connection: Connection, now: datetime) -> list[Ping]:
    query = select(s.ping).where(s.ping.c.due_at <= now).order_by(s.ping.c.due_at, s.ping.c.url)
    return [Ping(**row) for row in connection.execute(query).mappings()]


def waiting(connection: Connection) -> list[Ping]:
    query = select(s.ping).where(s.ping.c.due_at.is_not(None)).order_by(s.ping.c.url)
    return [Ping(**row) for row in connection.execute(query).mappings()]


def settle(connection: Connection, ping: Ping, trouble: str | None = None) -> None:
    """The hub knows, or nobody tries any more because of `trouble`; unless the feed changed again meanwhile."""
    connection.execute(update(s.ping).where(*_still(ping)).values(due_at=None, trouble=trouble))


def put_off(connection: Connection, ping: Ping, until: datetime, trouble: str) -> None:
    values = {"due_at": until, "attempts": ping.attempts + 1, "trouble": trouble}
    connection.execute(update(s.ping).where(*_still(ping)).values(values))


def _still(ping: Ping) -> tuple[ColumnElement[bool], ...]:
    return s.ping.c.url == ping.url, s.ping.c.hash == ping.hash
