"""A statement over rows of values, compiled once and run by the driver itself: for the few that run a thousand times a
second.

SQLAlchemy takes ten times as long over such a small statement as the database does. And one statement for eight rows
instead of eight lets other threads in between once, not eight times, which costs a sender more than the statement.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, BindParameter, ColumnClause, Connection, bindparam, values
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement

_REMEMBERED = 64
"""Many rows have the same moments in them, and a moment costs a driver more than all the rest."""
_MOST_ROWS = 50
"""Of one statement: each number of rows is compiled once, and the drivers keep some hundred compiled statements."""


def given(name: str, type_: Any = None) -> BindParameter[Any]:
    """A value that stands in the statement by this name."""
    return bindparam(name, required=False, type_=type_)


class Prepared:
    """`make` gives the statement for a table of rows with these `columns`; values that are `given` come by name."""

    def __init__(self, columns: Sequence[ColumnClause[Any]], make: Callable[[CTE], ClauseElement]) -> None:
        self._columns, self._make = columns, make
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def changed(self, connection: Connection, common: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> int:
        """Run it for all rows, with the values they have in `common`; how many rows of the database it changed."""
        error = connection.dialect.loaded_dbapi.Error
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        changed = 0
        try:
            for some in _parts(rows):
                compiled = self._for(connection, len(some))
                # SQLite's driver counts the rows of no statement that begins with WITH.
                before = driver.total_changes if connection.dialect.name == "sqlite" else 0
                cursor.execute(compiled.sql, compiled.bound(common, some))
                changed += driver.total_changes - before if connection.dialect.name == "sqlite" else cursor.rowcount
        except error as exc:
            raise DBAPIError.instance(None, None, exc, error, hide_parameters=True, dialect=connection.dialect) from exc
        finally:
            cursor.close()
        return changed

    def _for(self, connection: Connection, rows: int) -> "_Compiled":
        key = (connection.dialect.name, rows)
        if key not in self._compiled:
            names = [[f"{column.name}_{row}" for column in self._columns] for row in range(rows)]
            types = [column.type for column in self._columns]
            table = values(*self._columns, name="told").data([tuple(map(given, of_row, types)) for of_row in names])
            self._compiled[key] = _Compiled(self._make(table.cte("told")), names, connection)
        return self._compiled[key]


class _Compiled:
    """For one kind of database and one number of rows, whose values have these `names` in the statement."""

    def __init__(self, statement: ClauseElement, names: list[list[str]], connection: Connection) -> None:
        dialect = connection.dialect
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self._names = [name for of_row in names for name in of_row]
        self._order: list[str] | None = compiled.positiontup
        self._fixed: dict[str, Any] = dict(compiled.params)
        self._made: list[tuple[str, Callable[[Any], Any]]] = []
        kept: dict[Any, Callable[[Any], Any]] = {}
        for name, bind in compiled.binds.items():
            make = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if make and not bind.unique:
                kept.setdefault(type(bind.type), lru_cache(_REMEMBERED)(make))
                self._made.append((name, kept[type(bind.type)]))
            elif make and name in self._fixed:
                self._fixed[name] = make(self._fixed[name])

    def bound(self, common: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> Any:
        told = {**self._fixed, **common}
        told.update(zip(self._names, [value for row in rows for value in row], strict=True))
        for name, make in self._made:
            if told[name] is not None:
                told[name] = make(told[name])
        return told if self._order is None else [told[name] for name in self._order]


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    for start in range(0, len(rows), _MOST_ROWS):
        yield rows[start : start + _MOST_ROWS]
