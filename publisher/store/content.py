"""Keeps articles, teasers and events: each once, under an id minted once.

In: what one reading of a page gave. Out: what that changed. Matching follows DESIGN section 3: own id, canonical URL
or headline within a source; id, URL, or headline and date across sources; a headline alone is only a problem to show.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, insert, or_, select, update

from publisher.records import Article, Collected, Event, Finding, Teaser, headline_key
from publisher.store import questions, schema as s
from publisher.store.database import in_batches, upsert
from publisher.store.identity import (
    distinct,
    free,
    merged,
    met_again,
    moment_of,
    published_moment,
    readers_see_a_change,
    slugify,
    tag_uri,
    tell_the_same,
)
from publisher.store.rows import article_from, article_row, event_from, event_row, teaser_from, teaser_row
from publisher.store.standings import stands_for_hidden

AT_ITS_SOURCE = "It was withdrawn where it came from."
"""Why an article is withdrawn that its source took back; when the source gives it again, so do we."""

_DAY = 24 * 60 * 60
_NEAR = timedelta(days=4)
"""So far apart two sources publish one story."""
_KINDS = ("article", "teaser", "event")
_INSERT = insert(s.article)
_LEAPS = 3
"""So often a run of taken seconds is leapt over, before a day of them is read."""


@dataclass(slots=True)
class Saved:
    """What saving changed, by id, and what a person should look at. `ids` are the page's articles' in page order."""

    ids: list[str | None] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Finding] = field(default_factory=list)

    def add(self, other: "Saved") -> None:
        self.ids += other.ids
        self.new += other.new
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.problems += other.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Mint:
    """What new ids and moments are made of: the site's tag authority, its zone, and the moment of this reading."""

    authority: str
    zone: str
    now: datetime


def save(connection: Connection, page: Collected, mint: Mint) -> Saved:
    """Save all that one page gave. An article without a headline is left out: its Finding says how to give it one."""
    _one_at_a_time(connection)
    saved = Saved()
    revision = next_revision(connection)
    shown_by: str | None = None
    for article in page.articles:
        shown_by = _save_article(connection, article, mint, revision, saved) if article.headline is not None else None
        saved.ids.append(shown_by)
    for teaser in page.teasers:
        _save_teaser(connection, replace(teaser, shown_by=shown_by), mint, revision, saved)
    for event in page.events:
        _save_event(connection, event, mint, saved)
    for source, key in page.withdrawn:
        _withdraw_with_its_source(connection, source, key, mint, saved)
    return saved


def _withdraw_with_its_source(connection: Connection, source: str, key: str, mint: Mint, saved: Saved) -> None:
    a = s.article.c
    known = _one(connection, and_(a.source == source, a.key == key, a.withdrawn_at.is_(None)))
    if known:
        withdraw(connection, known, mint.now.replace(microsecond=0), AT_ITS_SOURCE)
        saved.updated.append(known.id)


def _one_at_a_time(connection: Connection) -> None:
    """Looking and then inserting is safe only alone: SQLite's write lock sees to that, PostgreSQL needs to be asked."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("publisher-content"))))


def next_revision(connection: Connection) -> int:
    """The number that this transaction's changes carry: feeds ask for what is newer than the last they know."""
    newest = (connection.execute(select(func.max(t.c.revision))).scalar() or 0 for t in (s.article, s.teaser))
    return max(newest) + 1


def _save_article(connection: Connection, found: Article, mint: Mint, revision: int, saved: Saved) -> str:
    known = _match(connection, found, saved)
    if known is None:
        fresh = _minted(connection, found, mint)
        saved.problems += [_near_duplicate(other, fresh) for other in _alike(connection, fresh)]
        connection.execute(_INSERT, _row(fresh, revision))
        _resolve_teasers(connection, fresh, revision)
        saved.new.append(fresh.id)
        return fresh.id
    now_held = merged(known, found)
    if known.withdrawn_why == AT_ITS_SOURCE and known.source == found.source:
        now_held = replace(now_held, withdrawn_at=None, withdrawn_why=None)
    if now_held == known:
        saved.unchanged += 1
        return known.id
    now_held = _moved(connection, known, now_held, mint)
    connection.execute(update(s.article).where(s.article.c.id == known.id).values(_row(now_held, revision)))
    _resolve_teasers(connection, now_held, revision)
    saved.updated.append(known.id)
    return known.id


def _row(article: Article, revision: int) -> dict[str, object]:
    return article_row(article, headline_key(article.headline or "")) | {"revision": revision}


def _match(connection: Connection, found: Article, saved: Saved) -> Article | None:
    """The article we already hold under any of the rules, the surest rule first."""
    sure: list[dict[str, str]] = [{"source": found.source, "key": found.key}]
    sure += [{"url": found.url}] if found.url else []
    for rule in sure:
        if row := questions.first(connection, "article", **rule):
            return article_from(row)
    for row in questions.every(connection, "article", headline_key=headline_key(found.headline or "")):
        candidate = article_from(row)
        if _same_story(candidate, found):
            return candidate
        if candidate.source != found.source:
            saved.problems.append(_same_headline(candidate, found))
    return None


def _same_story(known: Article, found: Article) -> bool:
    """Equal headlines are one story when the dates are equal, or, in one source, when one is missing.

    Two different canonical URLs, or two own ids in one folder, are two stories.
    """
    if known.url and found.url and known.url != found.url:
        return False
    if known.source == found.source:
        by_headline = headline_key(found.headline or "") in (known.key, found.key)
        return by_headline and (None in (known.published, found.published) or known.published == found.published)
    return known.published is not None and known.published == found.published


def _same_headline(known: Article, found: Article) -> Finding:
    return Finding(
        code="same-headline",
        severity="note",
        place=f"{found.source}: {found.headline}",
        mend=f'also in source "{known.source}"; if it is one story, give both the same canonical URL',
    )


def _alike(connection: Connection, fresh: Article) -> list[Article]:
    """Articles of other sources and about the same time that tell much the same: a person decides whether they are."""
    assert fresh.published_at
    span = {"first": fresh.published_at - _NEAR, "last": fresh.published_at + _NEAR, "source": fresh.source}
    known = map(article_from, connection.execute(_others(), span).mappings())
    return [one for one in known if tell_the_same(one, fresh) and one.headline != fresh.headline]


@cache
def _others() -> Select[Any]:
    """Articles of other sources than :source, published from :first to :last."""
    a = s.article.c
    span = a.published_at.between(bindparam("first"), bindparam("last"))
    return select(s.article).where(span, a.source != bindparam("source"), a.withdrawn_at.is_(None)).limit(200)


def _near_duplicate(known: Article, fresh: Article) -> Finding:
    return Finding(
        code="near-duplicate",
        severity="note",
        place=f"{fresh.source}: {fresh.headline}",
        mend=f'tells much the same as "{known.headline}" of source "{known.source}"; if it is one story, withdraw one: '
        f"publisher articles withdraw {fresh.slug}",
    )


def _one(connection: Connection, rule: ColumnElement[bool]) -> Article | None:
    row = connection.execute(select(s.article).where(rule).limit(1)).mappings().first()
    return article_from(row) if row else None


def _minted(connection: Connection, found: Article, mint: Mint) -> Article:
    """`found` with id, slug and moments. A teaser that announced it hands over its own: readers see an update."""
    teaser = _announcing(connection, found)
    first_seen = teaser.first_seen if teaser and teaser.first_seen else mint.now
    # What was changed years ago was not published today, though nobody says when.
    wish = published_moment(found.published or found.updated, first_seen, mint.zone)
    if teaser and teaser.published_at and found.published is None:
        published_at = teaser.published_at
    else:
        published_at = _distinct(connection, wish, but=teaser.id if teaser else None)
    stated = moment_of(found.updated, mint.zone)
    updated = mint.now if teaser else max(stated, published_at) if stated else published_at
    is_new = teaser is None and updated == published_at  # and no one else has that moment
    headline = found.headline or ""
    return replace(
        found,
        id=teaser.id if teaser else _new_id(connection, found.source, found.key, mint),
        slug=free(slugify(headline), lambda slug: questions.is_there(connection, "article", slug=slug)),
        published_at=published_at,
        updated_at=updated if is_new else _distinct(connection, updated, but=teaser.id if teaser else None),
        first_seen=first_seen,
    )


def _moved(connection: Connection, known: Article, held: Article, mint: Mint) -> Article:
    """Moments after an edit: `published_at` follows only a changed statement, `updated_at` only what readers see."""
    if held.published != known.published and held.published is not None:
        wish = published_moment(held.published, known.first_seen or mint.now, mint.zone)
        if wish.replace(microsecond=0) != known.published_at:
            held = replace(held, published_at=_distinct(connection, wish, but=known.id))
    if readers_see_a_change(known, held):
        stated = moment_of(held.updated, mint.zone)
        wish = stated if stated and known.updated_at and stated > known.updated_at else mint.now
        held = replace(held, updated_at=_distinct(connection, wish, but=known.id))
    return held


def _announcing(connection: Connection, found: Article) -> Teaser | None:
    """The unresolved teaser that pointed to this article: by URL anywhere, by headline within its source."""
    row = questions.announcing(connection, found.source, headline_key(found.headline or ""), found.url)
    return teaser_from(row) if row else None


def _resolve_teasers(connection: Connection, article: Article, revision: int) -> None:
    about = {"named": article.id, "of_source": article.source, "now_revision": revision}
    questions.resolve(connection, about | {"of_key": headline_key(article.headline or "")}, article.url)


def _save_teaser(connection: Connection, found: Teaser, mint: Mint, revision: int, saved: Saved) -> None:
    row = questions.first(connection, "teaser", source=found.source, key=found.key)
    if row:
        known = teaser_from(row)
        held = met_again(known, found)
        if held == known:
            saved.unchanged += 1
            return
        changed = teaser_row(held) | {"revision": revision}
        connection.execute(update(s.teaser).where(s.teaser.c.id == known.id).values(changed))
        saved.updated.append(known.id)
        return
    wish = published_moment(found.published, mint.now, mint.zone)
    fresh = replace(
        found,
        id=_new_id(connection, found.source, found.key, mint),
        slug=slugify(found.headline),
        article=_article_behind(connection, found),
        published_at=_distinct(connection, wish),
        first_seen=mint.now,
    )
    connection.execute(insert(s.teaser).values(teaser_row(fresh) | {"revision": revision}))
    saved.new.append(fresh.id)


def _article_behind(connection: Connection, found: Teaser) -> str | None:
    a = s.article.c
    rules: list[ColumnElement[bool]] = [and_(a.source == found.source, a.headline_key == found.key)]
    if found.url:
        rules.append(a.url == found.url)
    return connection.execute(select(a.id).where(or_(*rules)).limit(1)).scalar()


def _save_event(connection: Connection, found: Event, mint: Mint, saved: Saved) -> None:
    e = s.event.c
    row = questions.first(connection, "event", source=found.source, key=found.key)
    if row is None:
        fresh = replace(found, id=_new_id(connection, found.source, found.key, mint))
        connection.execute(insert(s.event).values(event_row(fresh)))
        saved.new.append(fresh.id)
        return
    held = replace(found, id=row["id"])
    if held == event_from(row):
        saved.unchanged += 1
        return
    connection.execute(update(s.event).where(e.id == held.id).values(event_row(held)))
    saved.updated.append(held.id)


def _new_id(connection: Connection, source: str, key: str, mint: Mint) -> str:
    wish = tag_uri(mint.authority, mint.now.date(), f"{source}/{slugify(key, 120)}")
    return free(wish, lambda name: any(questions.is_there(connection, t, id=name) for t in _KINDS))


def _distinct(connection: Connection, wish: datetime, but: str | None = None) -> datetime:
    """`wish` or the nearest second before it that no other entry carries, as `published_at` or `updated_at`."""
    moment = wish.astimezone(UTC).replace(microsecond=0)
    for _ in range(_LEAPS):
        run = _run(connection, moment, but)
        if run == 0:
            return moment
        moment -= timedelta(seconds=run)
    # One look at the day before, however many entries stand there second by second.
    span = {"first": moment - timedelta(days=1), "last": moment, "but": but}
    taken = {held for query in _taken(bool(but)) for held in connection.execute(query, span).scalars()}
    return distinct(moment, taken.__contains__)


def _run(connection: Connection, moment: datetime, but: str | None) -> int:
    """How many seconds in a row, up to `moment`, are all taken by moments of one kind; 0 if `moment` is free.

    Counting is much faster than reading. As many as are found in a day are looked for in as many seconds, until they
    fill them: the longest run is in each of these spans, for moments are whole seconds, so what is left is the run.
    """
    run, held = 0, _DAY
    while held and held != run:
        run = held
        span = {"first": moment - timedelta(seconds=run - 1), "last": moment, "but": but}
        held = max(connection.execute(_counts(bool(but)), span).one())
    return held


@cache
def _taken(all_but_one: bool) -> tuple[Select[tuple[datetime]], ...]:
    """The three kinds of moments that entries carry, from :first to :last; those of :but are its own."""
    a, t = s.article.c, s.teaser.c
    kinds = ((a.published_at, a.id), (a.updated_at, a.id), (t.published_at, t.id))
    queries = [select(kind).where(kind.between(bindparam("first"), bindparam("last"))) for kind, _ in kinds]
    queries[2] = queries[2].where(t.article.is_(None))
    if all_but_one:  # else nothing is asked of an article that its index does not hold
        queries = [query.where(own != bindparam("but")) for query, (_, own) in zip(queries, kinds, strict=True)]
    return tuple(queries)


@cache
def _counts(all_but_one: bool) -> Select[Any]:
    """How many moments there are of each kind."""
    each = [query.subquery() for query in _taken(all_but_one)]
    return select(*(select(func.count(one.c[0].distinct())).scalar_subquery() for one in each))


def find(connection: Connection, name: str) -> Article | None:
    """The article with that id or slug."""
    return _one(connection, or_(s.article.c.id == name, s.article.c.slug == name))


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
    """Give a withdrawn article back to readers, as an update of this moment."""
    now = _distinct(connection, at, but=article.id)
    return _set(connection, article, withdrawn_at=None, withdrawn_why=None, updated_at=now)


def _set(connection: Connection, article: Article, **values: object) -> Article:
    _one_at_a_time(connection)
    changed = update(s.article).where(s.article.c.id == article.id)
    connection.execute(changed.values(**values, revision=next_revision(connection)))
    known = _one(connection, s.article.c.id == article.id)
    assert known is not None, "articles are never deleted"
    return known


def edit(connection: Connection, article: Article, edited: Article, at: datetime) -> Article:
    """Keep what the office decided; readers hear of an update where they see one."""
    _one_at_a_time(connection)
    if readers_see_a_change(article, edited):
        edited = replace(edited, updated_at=_distinct(connection, at, but=article.id))
    changed = update(s.article).where(s.article.c.id == article.id)
    connection.execute(changed.values(_row(edited, next_revision(connection))))
    return edited


def next_release(connection: Connection, now: datetime) -> datetime | None:
    """The first moment after `now` at which an article becomes readable by its embargo or its date."""
    a = s.article.c
    moments = [
        connection.execute(select(func.min(moment)).where(moment > now, a.withdrawn_at.is_(None))).scalar()
        for moment in (a.embargo, a.published_at)
    ]
    return min((moment for moment in moments if moment), default=None)


def far_future(connection: Connection, after: datetime) -> list[Article]:
    """Articles dated later than `after`: most likely a mistake in the year, and no feed will show them before."""
    a = s.article.c
    query = select(s.article).where(a.published_at > after).order_by(a.published_at, a.id).limit(20)
    return [article_from(row) for row in connection.execute(query).mappings()]


def note_collection(connection: Connection, source: str, saved: Saved, at: datetime, problems: int) -> None:
    """Remember when a source was last read, for `status`."""
    values = {"at": at, "new": len(saved.new), "updated": len(saved.updated), "problems": problems}
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
    """The keys of all that one source gave and that readers may see."""
    a = s.article.c
    query = select(a.key).where(a.source == source, a.withdrawn_at.is_(None))
    return set(connection.execute(query).scalars())


def taken_back(connection: Connection, source: str) -> set[str]:
    """The keys of what one source gave and then took from readers."""
    a = s.article.c
    query = select(a.key).where(a.source == source, a.withdrawn_why == AT_ITS_SOURCE)
    return set(connection.execute(query).scalars())


def counts(connection: Connection) -> dict[str, int]:
    tables = {"articles": s.article, "teasers": s.teaser, "events": s.event, "subscribers": s.subscriber}
    return {name: connection.execute(select(func.count()).select_from(t)).scalar_one() for name, t in tables.items()}
