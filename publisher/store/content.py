"""Articles, teasers and events as they are kept: finding them, and what the office changes of an article by hand.

What sources give is saved in saving.py.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from publisher.records import Article, Event, Teaser, headline_key
from publisher.store import moments, schema as s
from publisher.store.database import in_batches, upsert
from publisher.store.identity import readers_see_a_change
from publisher.store.rows import article_from, article_row, event_from, teaser_from
from publisher.store.standings import stands_for_hidden

AT_ITS_SOURCE = "It was withdrawn where it came from."
"""Why an article is withdrawn that its source took back; when the source gives it again, so do we."""

GIVEN_BACK = "The office gave it back."
"""Of an article that is not withdrawn: its source may not withdraw it any more."""


def one_at_a_time(connection: Connection) -> None:
    """Looking and then inserting is safe only alone: SQLite's write lock sees to that, PostgreSQL needs to be asked."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("publisher-content"))))


def next_revision(connection: Connection) -> int:
    """The number that this transaction's changes carry: feeds ask for what is newer than the last they know."""
    newest = (connection.execute(select(func.max(t.c.revision))).scalar() or 0 for t in (s.article, s.teaser))
    return max(newest) + 1


def _one(connection: Connection, rule: ColumnElement[bool]) -> Article | None:
    row = connection.execute(select(s.article).where(rule).limit(1)).mappings().first()
    return article_from(row) if row else None


def find(connection: Connection, name: str) -> Article | None:
    """The article with that id or slug."""
    return _one(connection, or_(s.article.c.id == name, s.article.c.slug == name))


def withdrawable(connection: Connection, source: str, key: str) -> Article | None:
    """The article of a source under that key, if the source may withdraw it."""
    return _one(connection, and_(s.article.c.key == key, *_withdrawable(source)))


def _withdrawable(source: str) -> list[ColumnElement[bool]]:
    a = s.article.c
    may = or_(a.withdrawn_why.is_(None), a.withdrawn_why != GIVEN_BACK)
    return [a.source == source, a.withdrawn_at.is_(None), may]


def with_headline(connection: Connection, headline: str, *, teasers: bool) -> list[str]:
    """Ids of the articles, and of the teasers whose article we do not have, with that headline or teaser's id."""
    a, t = s.article.c, s.teaser.c
    found = list(connection.execute(select(a.id).where(a.headline_key == headline_key(headline))).scalars())
    if teasers:
        loose = t.article.is_(None) & or_(t.headline == headline, t.id == headline, t.slug == headline)
        found += connection.execute(select(t.id).where(loose)).scalars()
    return found


def articles(connection: Connection, *, until: datetime | None = None, newest: int | None = None) -> list[Article]:
    """Newest first. With `until`, only what readers may see at that moment."""
    a = s.article.c
    query = select(s.article).order_by(a.published_at.desc(), a.id).limit(newest)
    if until:
        query = query.where(
            a.published_at <= until, or_(a.embargo.is_(None), a.embargo <= until), a.withdrawn_at.is_(None)
        )
    return [article_from(row) for row in connection.execute(query).mappings()]


def candidates(connection: Connection, since: datetime) -> list[Article]:
    """Articles that are or will be released after `since`, the withdrawn among them, in no order."""
    a = s.article.c
    query = select(s.article).where(or_(a.published_at > since, a.embargo > since))
    return [article_from(row) for row in connection.execute(query).mappings()]


def family(connection: Connection, articles: Iterable[Article]) -> list[Article]:
    """The translations of these articles, and what these are translations of."""
    known = list(articles)
    keys = {a.translation_of for a in known if a.translation_of} | {a.key for a in known}
    a = s.article.c
    found = []
    for some in in_batches(keys):
        rule = or_(a.key.in_(some), a.translation_of.in_(some))
        found += [article_from(row) for row in connection.execute(select(s.article).where(rule)).mappings()]
    return found


def teasers(connection: Connection, *, until: datetime | None = None, newest: int | None = None) -> list[Teaser]:
    """Teasers whose article we do not have, or may not show at `until`, newest first."""
    t, a = s.teaser.c, s.article.c
    query = select(s.teaser).order_by(t.published_at.desc(), t.id).limit(newest)
    if until is None:
        query = query.where(t.article.is_(None))
    else:
        stands = or_(t.article.is_(None), stands_for_hidden(until))
        query = query.outerjoin(s.article, t.article == a.id).where(t.published_at <= until, stands)
    return [teaser_from(row) for row in connection.execute(query).mappings()]


def events(connection: Connection, *, after: datetime, until: datetime) -> list[Event]:
    """Events that start in [after, until), soonest first."""
    e = s.event.c
    query = select(s.event).where(e.start >= after, e.start < until).order_by(e.start, e.id)
    return [event_from(row) for row in connection.execute(query).mappings()]


def by_ids(
    connection: Connection, ids: Iterable[str]
) -> tuple[dict[str, Article], dict[str, Teaser], dict[str, Event]]:
    """Articles, teasers and events by id, for those of `ids` that are one."""
    wanted = list(ids)
    rows = [
        [
            row
            for some in in_batches(wanted)
            for row in connection.execute(select(table).where(table.c.id.in_(some))).mappings()
        ]
        for table in (s.article, s.teaser, s.event)
    ]
    return (
        {row["id"]: article_from(row) for row in rows[0]},
        {row["id"]: teaser_from(row) for row in rows[1]},
        {row["id"]: event_from(row) for row in rows[2]},
    )


def withdraw(connection: Connection, article: Article, at: datetime, why: str | None) -> Article:
    """Take it from readers for good, whatever its source says later. The row stays: it is what the tombstone names."""
    return _set(connection, article, withdrawn_at=at, withdrawn_why=why)


def restore(connection: Connection, article: Article, at: datetime) -> Article:
    """Give a withdrawn article back to readers, as an update of this moment.

    Where it was its source that took it back, the source's word counts no more; else the source may do so later.
    """
    now = moments.distinct(connection, at, but=article.id)
    why = GIVEN_BACK if article.withdrawn_why == AT_ITS_SOURCE else None
    return _set(connection, article, withdrawn_at=None, withdrawn_why=why, updated_at=now)


def _set(connection: Connection, article: Article, **values: object) -> Article:
    one_at_a_time(connection)
    changed = update(s.article).where(s.article.c.id == article.id)
    connection.execute(changed.values(**values, revision=next_revision(connection)))
    known = _one(connection, s.article.c.id == article.id)
    assert known is not None, "articles are never deleted"
    return known


def edit(connection: Connection, article: Article, edited: Article, at: datetime) -> Article:
    """Keep what the office decided; readers hear of an update where they see one."""
    one_at_a_time(connection)
    if readers_see_a_change(article, edited):
        edited = replace(edited, updated_at=moments.distinct(connection, at, but=article.id))
    changed = update(s.article).where(s.article.c.id == article.id)
    connection.execute(changed.values(article_row(edited, next_revision(connection))))
    return edited


def next_release(connection: Connection, now: datetime) -> datetime | None:
    """The first moment after `now` at which an article becomes readable by its embargo or its date."""
    a = s.article.c
    first = [
        connection.execute(select(func.min(moment)).where(moment > now, a.withdrawn_at.is_(None))).scalar()
        for moment in (a.embargo, a.published_at)
    ]
    return min((moment for moment in first if moment), default=None)


def far_future(connection: Connection, after: datetime) -> list[Article]:
    """Articles dated later than `after`: most likely a mistake in the year, and no feed will show them before."""
    a = s.article.c
    query = select(s.article).where(a.published_at > after).order_by(a.published_at, a.id).limit(20)
    return [article_from(row) for row in connection.execute(query).mappings()]


def note_collection(
    connection: Connection, source: str, at: datetime, *, new: int, updated: int, problems: int
) -> None:
    """Remember when a source was last read, for `status`, and how much of it was new, updated or a problem."""
    values = {"at": at, "new": new, "updated": updated, "problems": problems}
    connection.execute(upsert(connection, s.collection, "source", {"source": source, **values}))


def collections(connection: Connection) -> list[dict[str, object]]:
    query = select(s.collection).order_by(s.collection.c.source)
    return [dict(row) for row in connection.execute(query).mappings()]


def last_collected(connection: Connection) -> dict[str, datetime]:
    """When each source was last read."""
    return {row["source"]: row["at"] for row in connection.execute(select(s.collection)).mappings()}


def by_source(connection: Connection) -> dict[str, int]:
    """How many articles each source gave."""
    query = select(s.article.c.source, func.count()).group_by(s.article.c.source)
    return {source: int(number) for source, number in connection.execute(query)}


def keys_of(connection: Connection, source: str) -> set[str]:
    """The keys of all that one source gave, that readers may see, and that it may withdraw."""
    return set(connection.execute(select(s.article.c.key).where(*_withdrawable(source))).scalars())


def taken_back(connection: Connection, source: str) -> set[str]:
    """The keys of what one source gave and then took from readers."""
    a = s.article.c
    query = select(a.key).where(a.source == source, a.withdrawn_why == AT_ITS_SOURCE)
    return set(connection.execute(query).scalars())


def counts(connection: Connection) -> dict[str, int]:
    tables = {"articles": s.article, "teasers": s.teaser, "events": s.event, "subscribers": s.subscriber}
    return {name: connection.execute(select(func.count()).select_from(t)).scalar_one() for name, t in tables.items()}
