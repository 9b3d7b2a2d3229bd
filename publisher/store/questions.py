"""The questions that saving an article asks of the database, each built once: to build one takes as long as to answer
it, and a source may give ten thousand articles at once."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, or_, select, update

from publisher.store import schema as s

_TABLES = {"article": s.article, "teaser": s.teaser, "event": s.event}


def first(connection: Connection, table: str, **values: Any) -> Any:
    """The first row, as a mapping, that has these values; None where there is none."""
    return connection.execute(_with(table, tuple(values)), values).mappings().first()


def every(connection: Connection, table: str, **values: Any) -> list[Any]:
    """All rows that have these values, by their ids."""
    return list(connection.execute(_all_with(table, tuple(values)), values).mappings())


def is_there(connection: Connection, table: str, **values: Any) -> bool:
    return connection.execute(_some_with(table, tuple(values)), values).first() is not None


def announcing(connection: Connection, source: str, key: str, url: str | None) -> Any:
    """The row of the earliest teaser without an article that pointed to this one: by key in its source, or by URL."""
    values = {"source": source, "key": key} | ({"url": url} if url else {})
    return connection.execute(_announcing(bool(url)), values).mappings().first()


def resolve(connection: Connection, values: dict[str, Any], url: str | None) -> None:
    """Point all teasers of an article to it: `values` are its `named` id, `of_source`, `of_key` and `now_revision`."""
    connection.execute(_resolving(bool(url)), values | ({"address": url} if url else {}))


@cache
def _with(table: str, columns: tuple[str, ...]) -> Select[Any]:
    return select(_TABLES[table]).where(*_equal(table, columns)).limit(1)


@cache
def _all_with(table: str, columns: tuple[str, ...]) -> Select[Any]:
    return select(_TABLES[table]).where(*_equal(table, columns)).order_by(_TABLES[table].c.id)


@cache
def _some_with(table: str, columns: tuple[str, ...]) -> Select[tuple[int]]:
    return select(1).select_from(_TABLES[table]).where(*_equal(table, columns)).limit(1)


def _equal(table: str, columns: tuple[str, ...]) -> list[Any]:
    return [_TABLES[table].c[name] == bindparam(name) for name in columns]


@cache
def _announcing(has_url: bool) -> Select[Any]:
    t = s.teaser.c
    rules = [and_(t.source == bindparam("source"), t.key == bindparam("key"))]
    rules += [t.url == bindparam("url")] if has_url else []
    return select(s.teaser).where(t.article.is_(None), or_(*rules)).order_by(t.first_seen, t.id).limit(1)


@cache
def _resolving(has_url: bool) -> Update:
    t = s.teaser.c
    rules = [and_(t.source == bindparam("of_source"), t.key == bindparam("of_key")), t.id == bindparam("named")]
    rules += [t.url == bindparam("address")] if has_url else []
    changes: dict[Any, Any] = {"article": bindparam("named"), "revision": bindparam("now_revision")}
    return update(s.teaser).where(t.article.is_(None), or_(*rules)).values(changes)
