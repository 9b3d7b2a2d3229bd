"""Moments that no other entry carries: feeds with two entries of one moment are ambiguous to readers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Connection, Select, bindparam, func, select, union_all

from publisher.store import schema as s
from publisher.store.database import in_batches
from publisher.store.identity import stepped_back, whole_second

_DAY = 24 * 60 * 60
_LEAPS = 3
"""So often a run of taken seconds is leapt over, before a day of them is read."""

_KINDS = (
    (s.article.c.published_at, s.article.c.id),
    (s.article.c.updated_at, s.article.c.id),
    (s.teaser.c.published_at, s.teaser.c.id),
)
"""The moments that entries carry, with whose they are."""


def untaken(connection: Connection, wishes: Iterable[datetime]) -> set[datetime]:
    """Those of these moments, cut to whole seconds, that nothing carries."""
    free = set(map(whole_second, wishes))
    for some in in_batches(sorted(free)):
        free.difference_update(connection.execute(_carried(), {"moments": some}).scalars())
    return free


def distinct(connection: Connection, wish: datetime, but: str | None = None) -> datetime:
    """`wish` or the nearest second before it that no other entry carries, as `published_at` or `updated_at`."""
    moment = whole_second(wish)
    for _ in range(_LEAPS):
        run = _run(connection, moment, but)
        if run == 0:
            return moment
        moment -= timedelta(seconds=run)
    # One look at the day before, however many entries stand there second by second.
    span = {"first": moment - timedelta(days=1), "last": moment, "but": but}
    taken = {held for query in _taken(bool(but)) for held in connection.execute(query, span).scalars()}
    return stepped_back(moment, taken.__contains__)


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
def _carried() -> CompoundSelect[Any]:
    """The three kinds of moments, those that are among :moments."""
    among: BindParameter[datetime] = bindparam("moments", expanding=True)
    return union_all(*_of_the_loose([select(kind).where(kind.in_(among)) for kind, _ in _KINDS]))


@cache
def _taken(all_but_one: bool) -> tuple[Select[tuple[datetime]], ...]:
    """The three kinds of moments, from :first to :last; those of :but are its own."""
    queries = [select(kind).where(kind.between(bindparam("first"), bindparam("last"))) for kind, _ in _KINDS]
    if all_but_one:  # else nothing is asked of an article that its index does not hold
        queries = [query.where(own != bindparam("but")) for query, (_, own) in zip(queries, _KINDS, strict=True)]
    return _of_the_loose(queries)


def _of_the_loose(queries: list[Select[tuple[datetime]]]) -> tuple[Select[tuple[datetime]], ...]:
    """A teaser's moment counts while its article is not there."""
    articles, updates, teasers = queries
    return articles, updates, teasers.where(s.teaser.c.article.is_(None))


@cache
def _counts(all_but_one: bool) -> Select[Any]:
    """How many moments there are of each kind."""
    each = [query.subquery() for query in _taken(all_but_one)]
    return select(*(select(func.count(one.c[0].distinct())).scalar_subquery() for one in each))
