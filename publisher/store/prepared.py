"""A statement compiled once and run by the driver itself, for the few that are run a thousand times a second.

SQLAlchemy takes ten times as long over such a small statement as the database does.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement

_REMEMBERED = 64
"""Many rows have the same moments in them, and a moment costs a driver more than all the rest."""


def given(name: str, type_: Any = None) -> BindParameter[Any]:
    """A value that stands in the statement by this name."""
    return bindparam(name, required=False, type_=type_)


class Prepared:
    """One statement for one kind of database; its values that are `given` come by name, each time anew."""

    def __init__(self, statement: ClauseElement, connection: Connection) -> None:
        dialect = connection.dialect
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self._sql = str(compiled)
        self._order: list[str] | None = compiled.positiontup
        self._fixed: dict[str, Any] = dict(compiled.params)
        self._made: list[tuple[str, Callable[[Any], Any]]] = []
        for name, bind in compiled.binds.items():
            make = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if make and not bind.unique:
                self._made.append((name, lru_cache(_REMEMBERED)(make)))
            elif make and name in self._fixed:
                self._fixed[name] = make(self._fixed[name])

    def changed(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> list[bool]:
        """Run it once for each row of values; which of them changed something in the database."""
        error = connection.dialect.loaded_dbapi.Error
        cursor = connection.connection.cursor()
        changed = []
        try:
            for row in rows:
                cursor.execute(self._sql, self._bound(row))
                changed.append(cursor.rowcount > 0)
        except error as exc:
            raise DBAPIError.instance(None, None, exc, error, hide_parameters=True, dialect=connection.dialect) from exc
        finally:
            cursor.close()
        return changed

    def _bound(self, row: Mapping[str, Any]) -> Any:
        values = {**self._fixed, **row}
        for name, make in self._made:
            values[name] = make(values[name])
        return values if self._order is None else [values[name] for name in self._order]
