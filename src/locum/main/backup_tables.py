"""A database's tables as records, in one snapshot, and such records as the tables of another database.

Values travel by the kind of their column (times, ids, bytes, JSON text, and plain ones), not by how one database
stores them, so that what SQLite held goes into PostgreSQL and back. Kinds come along with each table: a backup needs
no table of today's code, only the migrations up to its own schema.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

import locum
from locum.kit import jobs
from locum.kit.db import Database, UtcTime, metadata
from locum.kit.errors import Invalid, StartError
from locum.main.backup_format import Row, Table
from locum.sessions.recorded_text_model import LETTERS, letters, recorded_line

FETCHED_AT_ONCE = 100  # rows: a secret may have a megabyte
WRITTEN_AT_ONCE = 100

_UUID, _TIME, _BYTES, _JSON, _PLAIN = "uuid", "time", "bytes", "json", "plain"


@contextlib.contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one state of everything, whatever others write, and can't write itself."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.exec_driver_sql("ROLLBACK")
            return
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield connection.execution_options(**options)


def read_tables(connection: Connection) -> Iterator[Table | Row]:
    """Each table, with its rows behind it. Tables come after those that they point to.

    Raises StartError where the database has a table that this version does not know: it would be left out.
    """
    for table in _all_tables(connection):
        kinds = [_kind(column.type) for column in table.c]
        yield Table(
            str(table.name), [(str(column.name), kind) for column, kind in zip(table.c, kinds, strict=True)]
        )
        # JSON as its text: as values, JSON's null and an absent value would be the same.
        selected = [
            sa.cast(column, sa.Text) if kind == _JSON else column
            for column, kind in zip(table.c, kinds, strict=True)
        ]
        for row in connection.execution_options(yield_per=FETCHED_AT_ONCE).execute(sa.select(*selected)):
            yield Row(list(row))


def _all_tables(connection: Connection) -> list[sa.Table]:
    for module in pkgutil.walk_packages(locum.__path__, "locum."):
        if module.name.endswith("model"):
            importlib.import_module(module.name)
    assert jobs.job.metadata is metadata  # the tables of kit are known too
    known = metadata.sorted_tables
    there = _names(sa.inspect(connection))
    if there != {table.name for table in known}:
        raise StartError("the database has other tables than those of this version of Locum")
    return known


def _names(inspector: sa.Inspector) -> set[str]:
    """The tables that hold something of their own: SQLite's index of letters is made of tables, too."""
    return {
        name for name in inspector.get_table_names() if name != "alembic_version" and not name.startswith(LETTERS)
    }


def _kind(of: sa.types.TypeEngine[Any]) -> str:
    match of:
        case sa.Uuid():
            return _UUID
        case UtcTime():
            return _TIME
        case sa.LargeBinary():
            return _BYTES
        case sa.JSON():
            return _JSON
        case sa.String() | sa.Integer() | sa.Boolean():
            return _PLAIN
    raise TypeError(f"columns of {of!r} have no kind in a backup")


class _JsonText(sa.types.TypeDecorator[str]):
    """JSON that is written from its text as it stands."""

    impl = sa.Text
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.cast(sa.type_coerce(bindvalue, sa.Text), postgresql.JSON)


class TableWriter:
    """Fills the tables of an empty database that has the schema of the records, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        inspector = sa.inspect(connection)
        self._wanted = {name: {c["name"] for c in inspector.get_columns(name)} for name in _names(inspector)}
        self._insert: sa.Insert | None = None
        self._columns: list[tuple[str, str]] = []
        self._waiting: list[dict[str, Any]] = []
        self.tables: list[Table] = []
        self.rows = 0
        # Rows of one table that point to each other come in any order.
        self._self_references = [] if self._is_sqlite else _self_references(connection)
        for constraint in self._self_references:
            connection.execute(sa.schema.DropConstraint(constraint))

    def table(self, table: Table) -> None:
        """The next rows are of this one. Raises Invalid where the schema has no such table, or other columns."""
        self.flush()
        names = {name for name, _ in table.columns}
        if self._wanted.pop(table.name, None) != names:
            raise Invalid(f"the backup's table {table.name} is not that of its schema")
        target = sa.table(table.name, *(sa.column(name, self._type(kind)) for name, kind in table.columns))
        self._insert = sa.insert(target)
        self._columns = table.columns
        self.tables.append(table)

    def row(self, row: Row) -> None:
        """One row of that table."""
        if len(row.values) != len(self._columns):
            raise Invalid("the backup holds a row that is not of its table")
        self._waiting.append(
            {name: _value(value, kind) for (name, kind), value in zip(self._columns, row.values, strict=True)}
        )
        self.rows += 1
        if len(self._waiting) >= WRITTEN_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            assert self._insert is not None
            self._connection.execute(self._insert, self._waiting)
            self._waiting = []

    def finish(self) -> None:
        """All rows are there: check what points where, and let the database count on. Raises Invalid."""
        self.flush()
        if self._wanted:
            raise Invalid(f"the backup lacks the table {min(self._wanted)}")
        if self._is_sqlite:
            if self._connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise Invalid("the backup holds a row that points nowhere")
            if any(table.name == recorded_line.name for table in self.tables):
                self._connection.execute(sa.insert(letters).values({LETTERS: "rebuild"}))
            return
        for constraint in self._self_references:
            self._connection.execute(sa.schema.AddConstraint(constraint))
        for table in self.tables:
            self._count_on(table)

    def _type(self, kind: str) -> sa.types.TypeEngine[Any]:
        types: dict[str, sa.types.TypeEngine[Any]] = {
            _UUID: sa.Uuid(),
            _TIME: UtcTime(),
            _BYTES: sa.LargeBinary(),
            _JSON: sa.Text() if self._is_sqlite else _JsonText(),
            _PLAIN: sa.types.NullType(),
        }
        if kind not in types:
            raise Invalid("the backup holds a kind of column that this version of Locum does not know")
        return types[kind]

    def _count_on(self, table: Table) -> None:
        for name, _ in table.columns:
            sequence = self._connection.scalar(
                sa.select(sa.func.pg_get_serial_sequence(sa.func.quote_ident(table.name), name))
            )
            if sequence is None:
                continue
            of_all = sa.select(sa.func.max(sa.column(name, sa.BigInteger()))).select_from(sa.table(table.name))
            highest = self._connection.scalar(of_all)
            if highest is not None:
                self._connection.execute(sa.select(sa.func.setval(sequence, highest)))


def _self_references(connection: Connection) -> list[sa.ForeignKeyConstraint]:
    found = sa.MetaData()
    found.reflect(connection)
    return [
        constraint
        for table in found.tables.values()
        for constraint in table.foreign_key_constraints
        if constraint.referred_table is table
    ]


def _value(value: Any, kind: str) -> Any:
    if kind == _UUID and isinstance(value, bytes):
        return UUID(bytes=value)
    return value
