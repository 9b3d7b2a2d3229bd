"""Keeps what was fetched of each source: so that a server is asked whether it changed, not for all of it again."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from publisher.records import Fetched
from publisher.store import schema as s
from publisher.store.database import in_batches, upsert

_NAMES = ("url", "at", "etag", "last_modified", "mark")


def known(connection: Connection, source: str, urls: Iterable[str]) -> dict[str, Fetched]:
    """What is remembered of these addresses, by address; one that was never fetched is not in it."""
    f = s.fetched.c
    found: dict[str, Fetched] = {}
    for some in in_batches(urls):
        rows = connection.execute(select(s.fetched).where(f.source == source, f.url.in_(some))).mappings()
        found |= {row["url"]: Fetched(**{name: row[name] for name in _NAMES}) for row in rows}
    return found


def note(connection: Connection, source: str, one: Fetched) -> None:
    values = {"source": source} | {name: getattr(one, name) for name in _NAMES}
    connection.execute(upsert(connection, s.fetched, ("source", "url"), values))
