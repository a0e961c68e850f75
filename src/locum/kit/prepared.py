"""What every request sends: compiled once, straight to SQLite's driver; each different row is decoded once.

SQLAlchemy's execution and the decoding of its rows cost several times what SQLite itself takes for one indexed row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import Connection

T = TypeVar("T")

REMEMBERED = 4096  # decoded rows of one select
_DIALECT = pysqlite.dialect(paramstyle="named")


class Prepared(Generic[T]):
    """`row_type` is a frozen msgspec Struct whose fields are the selected labels; one instance is given out often.

    `remembered`: so many decoded rows are kept, 0 for rows that are large.
    """

    def __init__(self, row_type: type[T], statement: sa.Select[Any], *, remembered: int = REMEMBERED) -> None:
        self.row_type = row_type
        self.statement = statement
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        self._constants: dict[str, Any] = {}
        self._binders: dict[str, Callable[[Any], Any] | None] = {}
        for parameter, name in compiled.bind_names.items():
            binder = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            if parameter.required:
                self._binders[name] = binder
            else:
                self._constants[name] = _bound(binder, compiled.params[name])
        self._columns = [
            (str(column.name), column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
            for column in statement.selected_columns
        ]
        self._decoded = functools.lru_cache(remembered)(self._decode)

    def from_sqlite(self, connection: Connection, values: dict[str, Any]) -> list[T]:
        """All rows, for `values` in place of the select's bind parameters."""
        sent = {name: _bound(self._binders[name], value) for name, value in values.items()}
        driver: Any = connection.connection.dbapi_connection
        return [self._decoded(row) for row in driver.execute(self._sql, sent | self._constants)]

    def _decode(self, row: tuple[Any, ...]) -> T:
        decoded = {
            name: value if decoder is None else decoder(value)
            for (name, decoder), value in zip(self._columns, row, strict=True)
        }
        return msgspec.convert(decoded, self.row_type)


class PreparedInsert:
    """One row of `table`, whose key the database counts; `listed` is a column of another table that gets the key too.

    Each column named is given a value; none with a default in Python may be left out.
    """

    def __init__(self, table: sa.Table, *names: str, listed: sa.Column[int]) -> None:
        insert = sa.insert(table).values({name: sa.bindparam(name) for name in names})
        (key,) = table.primary_key
        made = insert.returning(key).cte("made")
        # PostgreSQL does both in one statement: each is a journey to the server and back.
        self.statement = sa.insert(listed.table).from_select([listed.name], sa.select(made.c[key.name]))
        self._sql = str(insert.compile(dialect=_DIALECT))
        self._list_sql = str(
            sa.insert(listed.table).values({listed.name: sa.bindparam(listed.name)}).compile(dialect=_DIALECT)
        )
        self._listed = listed.name
        self._binders = {
            name: table.c[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT) for name in names
        }

    def into_sqlite(self, connection: Connection, values: dict[str, Any]) -> None:
        """Insert both rows."""
        sent = {name: _bound(binder, values[name]) for name, binder in self._binders.items()}
        driver: Any = connection.connection.dbapi_connection
        driver.execute(self._list_sql, {self._listed: driver.execute(self._sql, sent).lastrowid})


def _bound(binder: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if binder is None else binder(value)
