"""The memory of the feeds: which entry was first published when, in which part of which feed it lies, and which
documents must be written.

In: entries as they were decided to be placed. Out: the entries of one document. A document that must be written again
is marked stale in the transaction that changes its entries and is cleared once its file stands: a crash between
leaves it stale, and the next build writes it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, func, insert, select, update

from publisher.records import Build, Placed
from publisher.store import schema as s
from publisher.store.database import in_batches, insert_unless_there, upsert

SUBSCRIPTION = ""
"""The part of the document that subscribers poll; every other part is an archive document."""

Document = tuple[str, str]
"""A feed's path, and the part of it that the document holds."""

_COLUMNS = ("id", "kind", "issue", "month", "published", "updated", "gone_at")


def last_build(connection: Connection) -> Build | None:
    row = connection.execute(select(s.build)).mappings().first()
    return Build(revision=row["revision"], until=row["until"], settings=row["settings"]) if row else None


def note_build(connection: Connection, build: Build) -> None:
    values = {"id": 1, "revision": build.revision, "until": build.until, "settings": build.settings}
    connection.execute(upsert(connection, s.build, "id", values))


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with its part in each feed that lists it or ever did, by the feed's path, and those that show it."""

    placed: Placed
    parts: Mapping[str, str]
    shown: frozenset[str]

    @property
    def documents(self) -> set[Document]:
        """The documents that show it."""
        return {(feed, part) for feed in self.shown for part in (self.parts[feed], SUBSCRIPTION)}


def known(connection: Connection, ids: Collection[str]) -> dict[str, Listed]:
    """What is remembered of these entries."""
    placed = {row["id"]: _placed(row) for row in _in(connection, select(s.entry), s.entry.c.id, ids)}
    rows: dict[str, list[RowMapping]] = {id: [] for id in placed}
    for row in _in(connection, select(s.listing), s.listing.c.entry, list(placed)):
        rows[row["entry"]].append(row)
    return {
        id: Listed(
            placed[id],
            {row["feed"]: row["part"] for row in found},
            frozenset(row["feed"] for row in found if row["shown"]),
        )
        for id, found in rows.items()
    }


def last_part(connection: Connection, feed: str, month: str) -> tuple[str, int]:
    """The last part of this month in the feed, and how many entries it has; the first one, empty, when it has none."""
    listed = s.listing.c
    of_month = (listed.feed == feed, listed.part >= month, listed.part < f"{month}~")
    part = connection.execute(select(func.max(listed.part)).where(*of_month)).scalar() or month
    query = select(func.count()).where(listed.feed == feed, listed.part == part)
    return part, connection.execute(query).scalar_one()


def moments_taken(connection: Connection, wishes: Collection[datetime]) -> dict[datetime, str]:
    """Which of these moments an entry already carries as `updated`, and its id."""
    query = select(s.entry.c.updated, s.entry.c.id)
    return {row["updated"]: row["id"] for row in _in(connection, query, s.entry.c.updated, wishes)}


def place(connection: Connection, listed: Sequence[Listed], there: Collection[str]) -> None:
    """Remember entries and where they are listed. `there` are the ids of those known before."""
    for some in in_batches(there):
        connection.execute(delete(s.listing).where(s.listing.c.entry.in_(some)))
    for one in listed:
        if one.placed.id in there:
            connection.execute(update(s.entry).where(s.entry.c.id == one.placed.id).values(_row(one.placed)))
    fresh = [_row(one.placed) for one in listed if one.placed.id not in there]
    if fresh:
        connection.execute(insert(s.entry), fresh)
    rows = [_listing(one, feed) for one in listed for feed in sorted(one.parts)]
    if rows:
        connection.execute(insert(s.listing), rows)


def _row(p: Placed) -> dict[str, object]:
    return {name: getattr(p, name) for name in _COLUMNS}


def _listing(one: Listed, feed: str) -> dict[str, object]:
    placed = {name: getattr(one.placed, name) for name in ("published", "updated", "gone_at")}
    return {"feed": feed, "part": one.parts[feed], "entry": one.placed.id, "shown": feed in one.shown, **placed}


def parts_listed(connection: Connection, feed: str, after: str) -> list[str]:
    """The parts later than `after` that this feed lists entries of."""
    listed = s.listing.c
    query = select(listed.part).distinct().where(listed.feed == feed, listed.part > after, listed.shown)
    return list(connection.execute(query.order_by(listed.part)).scalars())


def make_documents(connection: Connection, documents: Iterable[Document]) -> list[Document]:
    """Remember that these documents (feed, part) are to be; which of them are new. A new one is stale."""
    wanted = sorted(documents)
    there: set[Document] = set()
    for feed in {feed for feed, _ in wanted}:
        query = select(s.document.c.part).where(s.document.c.feed == feed)
        there |= {(feed, part) for part in connection.execute(query).scalars()}
    new = [pair for pair in wanted if pair not in there]
    if new:
        statement = insert_unless_there(connection, s.document, "feed", "part")
        connection.execute(statement, [{"feed": feed, "part": part, "stale": True} for feed, part in new])
    return new


def spoil(connection: Connection, documents: Iterable[Document]) -> None:
    """These documents, where there are such, must be written again."""
    _mark(connection, documents, stale=True)


def spoil_all(connection: Connection, feeds: Collection[str]) -> None:
    """All documents of these feeds must be written again; those of others are nobody's business any more."""
    connection.execute(update(s.document).values(stale=s.document.c.feed.in_(list(feeds))))


def settle(connection: Connection, documents: Iterable[Document]) -> None:
    """The files of these documents stand."""
    _mark(connection, documents, stale=False)


def _mark(connection: Connection, documents: Iterable[Document], *, stale: bool) -> None:
    d = s.document.c
    parts: dict[str, list[str]] = {}
    for feed, part in documents:
        parts.setdefault(feed, []).append(part)
    for feed, of_feed in parts.items():
        for some in in_batches(of_feed):
            connection.execute(update(s.document).where(d.feed == feed, d.part.in_(some)).values(stale=stale))


def stale(connection: Connection) -> list[Document]:
    d = s.document.c
    query = select(d.feed, d.part).where(d.stale).order_by(d.part, d.feed)
    return [(row["feed"], row["part"]) for row in connection.execute(query).mappings()]


def archives(connection: Connection, feed: str) -> list[str]:
    """The parts that are archive documents of this feed, oldest first."""
    d = s.document.c
    query = select(d.part).where(d.feed == feed, d.part != SUBSCRIPTION).order_by(d.part)
    return list(connection.execute(query).scalars())


def feeds_with_documents(connection: Connection) -> set[str]:
    return set(connection.execute(select(s.document.c.feed).where(s.document.c.part == SUBSCRIPTION)).scalars())


def oldest(connection: Connection, documents: Collection[Document]) -> dict[Document, datetime]:
    """When the oldest entry of each of these documents was published."""
    listed = s.listing.c
    found: dict[Document, datetime] = {}
    for feed in {feed for feed, _ in documents}:
        query = select(listed.part, func.min(listed.published)).where(listed.feed == feed).group_by(listed.part)
        for some in in_batches([part for of, part in documents if of == feed]):
            rows = connection.execute(query.where(listed.part.in_(some))).all()
            found |= {(feed, part): published for part, published in rows}
    return found


def in_part(connection: Connection, feed: str, part: str) -> list[Placed]:
    """The feed's entries of this part, gone ones among them, newest first."""
    listed = s.listing.c
    query = _listed(feed).where(listed.part == part).order_by(listed.published.desc(), listed.entry.desc())
    return [_placed(row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, feed: str, most: int, after: str) -> list[Placed]:
    """What subscribers poll, newest first: the newest, those changed last, and all that no archive holds yet.

    `after` is the part of the newest archive, "" when there is none. Those that were withdrawn last are among it, so
    that a poll tells of them.
    """
    listed, gone, alive = s.listing.c, s.listing.c.gone_at, s.listing.c.gone_at.is_(None)
    queries = [
        _listed(feed).where(alive).order_by(listed.published.desc(), listed.entry.desc()).limit(most),
        _listed(feed).where(alive).order_by(listed.updated.desc()).limit(most),
        _listed(feed).where(gone.is_not(None)).order_by(gone.desc(), listed.entry).limit(most),
        _listed(feed).where(listed.part > after),
    ]
    found = {row["id"]: _placed(row) for query in queries for row in connection.execute(query).mappings()}
    return sorted(found.values(), key=lambda p: (p.published, p.id), reverse=True)


def _listed(feed: str) -> Select[Any]:
    query = select(*(s.entry.c[name] for name in _COLUMNS))
    return query.join(s.listing, s.listing.c.entry == s.entry.c.id).where(s.listing.c.feed == feed, s.listing.c.shown)


def _placed(row: RowMapping) -> Placed:
    return Placed(**{name: row[name] for name in _COLUMNS})


def _in(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[object]
) -> list[RowMapping]:
    """All rows whose column has one of the values."""
    rows: list[RowMapping] = []
    for some in in_batches(values):
        rows += connection.execute(query.where(column.in_(some))).mappings()
    return rows
