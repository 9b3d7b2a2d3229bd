"""The questions that saving asks of the database, each built once: to build one takes as long as to answer it."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, Update, and_, bindparam, or_, select, union_all, update

from publisher.store import schema as s
from publisher.store.database import in_batches

_TABLES = {"article": s.article, "teaser": s.teaser, "event": s.event}


def first(connection: Connection, table: str, **values: Any) -> Any:
    """The first row, as a mapping, that has these values; None where there is none."""
    return connection.execute(_with(table, tuple(values)), values).mappings().first()


def is_there(connection: Connection, table: str, **values: Any) -> bool:
    return connection.execute(_some_with(table, tuple(values)), values).first() is not None


def among(connection: Connection, table: str, column: str, values: Collection[str], **equal: Any) -> list[Any]:
    """All rows, as mappings by their ids, that have one of these values in `column`, and in others just those given,
    be it None."""
    query = _all_among(table, column, tuple((name, value is None) for name, value in equal.items()))
    return [row for some in in_batches(values) for row in connection.execute(query, {"some": some, **equal}).mappings()]


def held(connection: Connection, column: str, values: Collection[str], tables: tuple[str, ...]) -> set[str]:
    """Those of these values that are in that column of any of the tables."""
    query = _values_among(column, tables)
    found: set[str] = set()
    for some in in_batches(values):
        found.update(connection.execute(query, {"some": some}).scalars())
    return found


def resolve(connection: Connection, values: dict[str, Any], url: str | None) -> None:
    """Point all teasers of an article to it: `values` are its `named` id, `of_source`, `of_key` and `now_revision`."""
    connection.execute(_resolving(bool(url)), values | ({"address": url} if url else {}))


@cache
def _with(table: str, columns: tuple[str, ...]) -> Select[Any]:
    return select(_TABLES[table]).where(*_equal(table, columns)).limit(1)


@cache
def _some_with(table: str, columns: tuple[str, ...]) -> Select[tuple[int]]:
    return select(1).select_from(_TABLES[table]).where(*_equal(table, columns)).limit(1)


@cache
def _all_among(table: str, column: str, others: tuple[tuple[str, bool], ...]) -> Select[Any]:
    asked = _TABLES[table]
    some = asked.c[column].in_(bindparam("some", expanding=True))
    just = [asked.c[name].is_(None) if is_none else asked.c[name] == bindparam(name) for name, is_none in others]
    return select(asked).where(some, *just).order_by(asked.c.id)


@cache
def _values_among(column: str, tables: tuple[str, ...]) -> CompoundSelect[Any]:
    asked = [_TABLES[table].c[column] for table in tables]
    return union_all(*(select(one).where(one.in_(bindparam("some", expanding=True))) for one in asked))


def _equal(table: str, columns: tuple[str, ...]) -> list[Any]:
    return [_TABLES[table].c[name] == bindparam(name) for name in columns]


@cache
def _resolving(has_url: bool) -> Update:
    t = s.teaser.c
    rules = [and_(t.source == bindparam("of_source"), t.key == bindparam("of_key")), t.id == bindparam("named")]
    rules += [t.url == bindparam("address")] if has_url else []
    changes: dict[Any, Any] = {"article": bindparam("named"), "revision": bindparam("now_revision")}
    return update(s.teaser).where(t.article.is_(None), or_(*rules)).values(changes)
