"""What the store knows of the articles or teasers that came in together, kept in step with what is saved of them.

Each is matched by several rules and is given an id, a slug and moments that nobody else has: a dozen questions, and a
feed may have ten thousand entries. So they are asked for all at once, and new rows are written together. That holds
while nobody else writes (`content.one_at_a_time`).
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from publisher.records import Article, Teaser, headline_key
from publisher.store import moments, questions, schema as s
from publisher.store.identity import Mint, free, moment_of, slugify, whole_second, wished_moment
from publisher.store.rows import article_from, article_row, teaser_from, teaser_row

_KINDS = ("article", "teaser", "event")
_INSERT, _INSERT_TEASER = insert(s.article), insert(s.teaser)
_NEAR = timedelta(days=4)
"""So far apart two sources publish one story."""


def new_id(connection: Connection, wish: str) -> str:
    """`wish`, or with the first suffix that nothing has."""
    return free(wish, lambda name: any(questions.is_there(connection, table, id=name) for table in _KINDS))


def _new_slug(connection: Connection, wish: str) -> str:
    return free(wish, lambda slug: questions.is_there(connection, "article", slug=slug))


class _Free:
    """Ids, slugs and moments that are nobody's. Those wished for are asked for in advance; `write` is called before
    others are asked for."""

    def __init__(self, connection: Connection, mint: Mint, write: Callable[[], None]) -> None:
        self._connection, self._mint, self._write = connection, mint, write
        self._ids: set[str] = set()
        self._slugs: set[str] = set()
        self._moments: set[datetime] = set()

    def look(self, found: Sequence[Article] | Sequence[Teaser]) -> list[datetime]:
        """Ask for what these would like to have; the moments among it, whoever has them."""
        ids = {self._wished_id(one) for one in found}
        self._ids = ids - questions.held(self._connection, "id", ids, _KINDS)
        slugs = {slugify(one.headline or "") for one in found if isinstance(one, Article)}
        self._slugs = slugs - questions.held(self._connection, "slug", slugs, ("article",))
        wishes = [wished_moment(one, self._mint.now, self._mint.zone) for one in found]
        updates = [moment_of(one.updated, self._mint.zone) for one in found if isinstance(one, Article)]
        self._moments = moments.untaken(self._connection, [*wishes, *(one for one in updates if one)])
        return wishes

    def id(self, found: Article | Teaser) -> str:
        return self._given(self._ids, self._wished_id(found), new_id)

    def slug(self, headline: str) -> str:
        return self._given(self._slugs, slugify(headline), _new_slug)

    def _given(self, names: set[str], wish: str, new: Callable[[Connection, str], str]) -> str:
        if wish not in names:
            self._write()
            wish = new(self._connection, wish)
        names.discard(wish)  # with its number it may be what another wished for
        return wish

    def moment(self, wish: datetime, but: str | None = None) -> datetime:
        """`wish` or the nearest second before it that no other entry carries; one of entry `but` is its own."""
        second = whole_second(wish)
        if second not in self._moments:
            self._write()
            second = moments.distinct(self._connection, wish, but)
        self._moments.discard(second)
        return second

    def _wished_id(self, found: Article | Teaser) -> str:
        return self._mint.id_of(found.source, found.key)


class KnownArticles:
    """For these articles, most often of one source. What is `add`ed is in the database after `write`.

    Of those that are not known by their keys, and only when the first of them is met, everything else is asked.
    """

    def __init__(self, connection: Connection, found: Sequence[Article], mint: Mint, revision: int) -> None:
        self._connection, self._found, self._revision = connection, found, revision
        self.free = _Free(connection, mint, self.write)
        self._held: dict[str, Article] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._by_url: defaultdict[str, list[str]] = defaultdict(list)
        self._by_headline: defaultdict[str, list[str]] = defaultdict(list)
        self._teasers: list[Teaser] = []
        self._lonely: tuple[datetime, datetime] | None = None
        self._new: list[dict[str, Any]] = []
        self._has_looked_around = False
        for source, keys in _by_source((one.source, one.key) for one in found).items():
            self._learn(questions.among(connection, "article", "key", keys, source=source))

    def with_key(self, found: Article) -> Article | None:
        name = self._by_key.get((found.source, found.key))
        return self._held[name] if name is not None else None

    def with_url(self, found: Article) -> Article | None:
        self._look_around()
        return next((self._held[name] for name in self._by_url[found.url]), None) if found.url else None

    def with_headline(self, found: Article) -> list[Article]:
        self._look_around()
        return [self._held[name] for name in self._by_headline[headline_key(found.headline or "")]]

    def announcing(self, found: Article) -> Teaser | None:
        """The earliest teaser without an article that pointed to it: by URL anywhere, by headline in its source."""
        self._look_around()
        pointing = [one for one in self._teasers if _points_to(one, found)]
        return min(pointing, key=lambda one: (one.first_seen, one.id), default=None)

    def strangers_near(self, article: Article) -> Iterable[Article]:
        """Articles of other sources, published at about the same time."""
        self._look_around()
        assert article.published_at
        first, last = article.published_at - _NEAR, article.published_at + _NEAR
        if self._lonely and self._lonely[0] <= first and last <= self._lonely[1]:
            return ()
        self.write()
        span = {"first": first, "last": last, "source": article.source}
        return map(article_from, self._connection.execute(_strangers(), span).mappings())

    def add(self, article: Article) -> None:
        self._new.append(article_row(article, self._revision))
        self._index(article)

    def change(self, before: Article, after: Article) -> None:
        """The same article, which is known. It is written at once."""
        self.write()
        self._lonely = None  # it may be a stranger to others, and be dated anew
        changed = update(s.article).where(s.article.c.id == after.id)
        self._connection.execute(changed.values(article_row(after, self._revision)))
        del self._by_key[before.source, before.key]
        if before.url:
            self._by_url[before.url].remove(before.id)
        self._by_headline[headline_key(before.headline or "")].remove(before.id)
        self._index(after)

    def resolve(self, article: Article) -> None:
        """Let all teasers that pointed to it have led to it."""
        self.write()
        about = {"named": article.id, "of_source": article.source, "now_revision": self._revision}
        questions.resolve(self._connection, about | {"of_key": headline_key(article.headline or "")}, article.url)
        self._teasers = [one for one in self._teasers if one.id != article.id and not _points_to(one, article)]

    def write(self) -> None:
        if self._new:
            self._connection.execute(_INSERT, self._new)
            self._new = []

    def _look_around(self) -> None:
        if self._has_looked_around:
            return
        self._has_looked_around = True
        others = [one for one in self._found if one.headline is not None]
        urls = {one.url for one in others if one.url}
        by_headline = _by_source((one.source, headline_key(one.headline or "")) for one in others)
        every = {key for keys in by_headline.values() for key in keys}
        self._learn(questions.among(self._connection, "article", "url", urls))
        self._learn(questions.among(self._connection, "article", "headline_key", every))
        rows = questions.among(self._connection, "teaser", "url", urls, article=None)
        for source, keys in by_headline.items():
            rows += questions.among(self._connection, "teaser", "key", keys, source=source, article=None)
        self._teasers = list({row["id"]: teaser_from(row) for row in rows}.values())
        wishes = self.free.look(others)
        if len(by_headline) == 1:
            self._lonely = self._without_strangers(next(iter(by_headline)), wishes)

    def _without_strangers(self, source: str, wishes: list[datetime]) -> tuple[datetime, datetime] | None:
        """The time around these wishes, if nothing of another source than this one was published then."""
        first, last = min(wishes) - 2 * _NEAR, max(wishes) + _NEAR
        span = {"first": first, "last": last, "source": source}
        return None if self._connection.execute(_strangers(), span).first() else (first, last)

    def _learn(self, rows: Iterable[Any]) -> None:
        for row in rows:
            if row["id"] not in self._held:
                self._index(article_from(row))

    def _index(self, article: Article) -> None:
        self._held[article.id] = article
        self._by_key[article.source, article.key] = article.id
        if article.url:
            insort(self._by_url[article.url], article.id)
        insort(self._by_headline[headline_key(article.headline or "")], article.id)


class KnownTeasers:
    """For these teasers. What is `add`ed is in the database after `write`."""

    def __init__(self, connection: Connection, found: Sequence[Teaser], mint: Mint, revision: int) -> None:
        self._connection, self._revision = connection, revision
        self.free = _Free(connection, mint, self.write)
        self._held: dict[tuple[str, str], Teaser] = {}
        self._behind: list[Article] = []
        self._new: list[dict[str, Any]] = []
        for source, keys in _by_source((one.source, one.key) for one in found).items():
            for row in questions.among(connection, "teaser", "key", keys, source=source):
                self._held[row["source"], row["key"]] = teaser_from(row)
        self._look_behind([one for one in found if (one.source, one.key) not in self._held])

    def with_key(self, found: Teaser) -> Teaser | None:
        return self._held.get((found.source, found.key))

    def article_behind(self, found: Teaser) -> str | None:
        """The id of the article that it points to: by URL anywhere, else by headline in its source."""
        pointed = [one for one in self._behind if _points_to(found, one)]
        surest = min(pointed, key=lambda one: (found.url is None or one.url != found.url, one.id), default=None)
        return surest.id if surest else None

    def add(self, teaser: Teaser) -> None:
        self._new.append(teaser_row(teaser, self._revision))
        self._held[teaser.source, teaser.key] = teaser

    def change(self, after: Teaser) -> None:
        """The same teaser, which is known. It is written at once."""
        self.write()
        changed = update(s.teaser).where(s.teaser.c.id == after.id)
        self._connection.execute(changed.values(teaser_row(after, self._revision)))
        self._held[after.source, after.key] = after

    def write(self) -> None:
        if self._new:
            self._connection.execute(_INSERT_TEASER, self._new)
            self._new = []

    def _look_behind(self, others: Sequence[Teaser]) -> None:
        if not others:
            return
        rows = questions.among(self._connection, "article", "url", {one.url for one in others if one.url})
        for source, keys in _by_source((one.source, one.key) for one in others).items():
            rows += questions.among(self._connection, "article", "headline_key", keys, source=source)
        self._behind = list({row["id"]: article_from(row) for row in rows}.values())
        self.free.look(others)


def _points_to(teaser: Teaser, article: Article) -> bool:
    in_its_source = (teaser.source, teaser.key) == (article.source, headline_key(article.headline or ""))
    return in_its_source or (teaser.url is not None and teaser.url == article.url)


def _by_source(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The keys of each source."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for source, key in pairs:
        keys[source].add(key)
    return keys


@cache
def _strangers() -> Select[Any]:
    """Articles of other sources than :source, published from :first to :last."""
    a = s.article.c
    span = a.published_at.between(bindparam("first"), bindparam("last"))
    return select(s.article).where(span, a.source != bindparam("source"), a.withdrawn_at.is_(None)).limit(200)
