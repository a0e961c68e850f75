"""The database unit of work: a short synchronous function run on a database thread.

`await db.read(fn, …)` and `await db.write(fn, …)` call `fn(tx, …)` inside one transaction. The function holds no
socket and waits for nothing, so intent is committed before any effect. SQLite has one writer thread with group
commit (a savepoint per unit, one COMMIT for up to 64 of them, synchronous=FULL); PostgreSQL a pool of four threads.
See docs/decisions/0001-unit-of-work.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Engine

from locum.kit.engines import POSTGRES_THREADS, postgres_engine, sqlite_engine
from locum.kit.errors import StartError
from locum.kit.prepared import Prepared, PreparedInsert

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

GROUP_COMMIT_LIMIT = 64
SQLITE_READERS = 2
FEW_ROWS = 5_000
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Type of a counted primary key: 64 bits on both databases (SQLite counts only an INTEGER)."""


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """An instant in UTC with microseconds: timestamptz on PostgreSQL, sortable ISO text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        result: dt.datetime = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return result.astimezone(dt.UTC)


class ReadTx:
    """A transaction that can only look. Its `now` is the database's clock, read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._now: dt.datetime | None = None

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    @property
    def now(self) -> dt.datetime:
        """The instant of this transaction by the database's clock (SQLite's is this machine's)."""
        if self._now is None:
            if self.dialect == "sqlite":
                self._now = dt.datetime.now(dt.UTC)
            else:
                self._now = self._connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
                self._now = self._now.astimezone(dt.UTC)
        return self._now

    def rows(
        self, row_type: type[T], statement: sa.Select[Any] | sa.CompoundSelect[Any], **values: Any
    ) -> list[T]:
        """All rows as `row_type`, a msgspec Struct whose fields are the selected labels.

        `values` fill the bind parameters of a statement built once, which saves most of a small read's cost.
        """
        found = self._connection.execute(statement, values).all()
        return msgspec.convert(found, list[row_type], from_attributes=True)  # type: ignore[valid-type]

    def prepared(self, query: Prepared[T], **values: Any) -> list[T]:
        """All rows of a select that every request makes; `values` fill its bind parameters."""
        if self.dialect != "sqlite":
            return self.rows(query.row_type, query.statement, **values)
        return query.from_sqlite(self._connection, values)

    def first(self, row_type: type[T], statement: sa.Select[Any]) -> T | None:
        """The first row as `row_type`, or None."""
        row = self._connection.execute(statement.limit(1)).first()
        return None if row is None else msgspec.convert(row, row_type, from_attributes=True)

    def scalar(self, statement: sa.Select[Any]) -> Any:
        """The first column of the first row, or None."""
        return self._connection.execute(statement).scalar()

    def scalars(self, statement: sa.Select[Any]) -> list[Any]:
        """The first column of every row."""
        return list(self._connection.execute(statement).scalars())


class Tx(ReadTx):
    """A transaction that may write. Nobody commits inside: the unit of work does, when `fn` returns."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.after_commit: list[Callable[[], None]] = []

    def run(self, statement: sa.Insert | sa.Update | sa.Delete) -> int:
        """Execute a write; answers the number of rows it touched."""
        return self._connection.execute(statement).rowcount

    def add(self, table: sa.Table, **values: Any) -> None:
        """Insert one row."""
        self._connection.execute(sa.insert(table), values)

    def add_prepared(self, query: PreparedInsert, **values: Any) -> None:
        """Insert one row that every request may write, and list its key."""
        if self.dialect == "sqlite":
            query.into_sqlite(self._connection, values)
        else:
            self._connection.execute(query.statement, values)

    def add_all(self, table: sa.Table, values: list[dict[str, Any]]) -> None:
        """Insert rows with one statement; an empty list is nothing to do."""
        if values:
            self._connection.execute(sa.insert(table), values)

    def returning(self, row_type: type[T], statement: Any) -> list[T]:
        """Execute a write with RETURNING; the touched rows as `row_type`."""
        found: CursorResult[Any] = self._connection.execute(statement)
        return msgspec.convert(found.all(), list[row_type], from_attributes=True)  # type: ignore[valid-type]

    def lock(self, name: int) -> None:
        """Hold the cluster-wide lock `name` until commit. SQLite has one writer, so there it is held already."""
        if self.dialect == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


class Database:
    """Both databases behind one door. Open with `open_database`; `close` waits for units under way."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._local = threading.local()
        self._open: list[Connection] = []
        self._open_guard = threading.Lock()
        self._closed = False
        self._statistics = 0  # how often they were gathered
        if self.is_sqlite:
            self._readers = ThreadPoolExecutor(SQLITE_READERS, thread_name_prefix="db-read")
            self._queue: queue.SimpleQueue[tuple[Callable[[Tx], Any], Future[Any]] | None] = queue.SimpleQueue()
            self._writer = threading.Thread(target=self._write_loop, name="db-write", daemon=True)
            self._writer.start()
        else:
            self._readers = ThreadPoolExecutor(POSTGRES_THREADS, thread_name_prefix="db")

    # -- what callers use

    async def read(self, fn: Callable[Concatenate[ReadTx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(tx, …)` in a transaction that cannot write, on a database thread."""
        return await asyncio.wrap_future(self.submit_read(fn, *args, **kwargs))

    async def write(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(tx, …)` in a transaction and commit it. An exception rolls back this unit alone."""
        return await asyncio.wrap_future(self.submit_write(fn, *args, **kwargs))

    def submit_read(self, fn: Callable[Concatenate[ReadTx, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """`read` for callers without an event loop."""
        return self._readers.submit(self._retrying, self._read_once, lambda tx: fn(tx, *args, **kwargs))

    def submit_write(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """`write` for callers without an event loop. The future is done only after COMMIT."""
        if self._closed:
            raise RuntimeError("the database is closed")
        unit: Callable[[Tx], R] = lambda tx: fn(tx, *args, **kwargs)  # noqa: E731
        if not self.is_sqlite:
            return self._readers.submit(self._retrying, self._write_once, unit)
        future: Future[R] = Future()
        self._queue.put((unit, future))
        return future

    def gather_statistics(self) -> None:
        """Tell SQLite's planner how full tables are, from samples: some milliseconds. PostgreSQL does so by itself.

        Without it a list is searched row by row where an index has its order, tenfold as long in 100,000 rows.
        """
        if self.is_sqlite:
            self.submit_write(_gather_statistics).result()
            self._statistics += 1

    def close(self) -> None:
        """Finish what was handed in, then close every connection."""
        if self._closed:
            return
        self._closed = True
        if self.is_sqlite:
            self._queue.put(None)
            self._writer.join()
        self._readers.shutdown(wait=True)
        for connection in self._open:
            connection.close()
        self.engine.dispose()

    # -- connections, one per thread

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and self._local.statistics != self._statistics:
            self._drop_connection()  # statistics are read when a connection is made
            connection = None
        if connection is None or connection.closed:
            self._local.statistics = self._statistics
            connection = self.engine.connect()
            if self.is_sqlite:  # only readers come here; the writer has a connection of its own
                connection.exec_driver_sql("PRAGMA query_only=ON")
            self._local.connection = connection
            with self._open_guard:
                self._open.append(connection)
        return connection

    def _drop_connection(self) -> None:
        connection: Connection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            with self._open_guard:
                self._open.remove(connection)
            connection.invalidate()
            connection.close()

    def _retrying(self, once: Callable[[Any], R], unit: Any) -> R:
        """A connection found dead before the unit did anything (database restart) is replaced once."""
        try:
            return once(unit)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self._drop_connection()
            if getattr(error, "locum_in_commit", False):
                raise  # whether it took effect is not known: the caller decides
            return once(unit)

    def _read_once(self, unit: Callable[[ReadTx], R]) -> R:
        connection = self._connection()
        driver: Any = connection.connection.dbapi_connection
        if self.is_sqlite:
            # Straight to the driver: SQLAlchemy's way costs ten times as much as SQLite itself, at every read.
            driver.execute("BEGIN")
            try:
                return unit(ReadTx(connection))
            finally:
                driver.execute("ROLLBACK")
        driver.read_only = True  # BEGIN says so: a statement would be one more journey to the server and back
        with connection.begin():
            return unit(ReadTx(connection))

    def _write_once(self, unit: Callable[[Tx], R]) -> R:
        connection = self._connection()
        connection.connection.dbapi_connection.read_only = False  # type: ignore[union-attr]
        transaction = connection.begin()
        tx = Tx(connection)
        try:
            result = unit(tx)
        except BaseException:
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except sa.exc.DBAPIError as error:
            error.locum_in_commit = True  # type: ignore[attr-defined]
            if not error.connection_invalidated:
                transaction.rollback()  # SQLAlchemy begins no other on this connection before
            raise
        for callback in tx.after_commit:
            callback()
        return result

    # -- SQLite: one writer, group commit

    def _write_loop(self) -> None:
        connection = self.engine.connect()
        while (first := self._queue.get()) is not None:
            group = [first]
            while len(group) < GROUP_COMMIT_LIMIT:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    self._queue.put(None)  # ends the outer loop
                    break
                group.append(item)
            self._commit_group(connection, group)
        connection.close()

    def _commit_group(self, connection: Connection, group: list[tuple[Callable[[Tx], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any, list[Callable[[], None]]]] = []
        driver: Any = connection.connection.dbapi_connection  # as in _read_once
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for unit, future in group:
                if not future.set_running_or_notify_cancel():
                    continue
                driver.execute("SAVEPOINT unit")
                tx = Tx(connection)
                try:
                    result = unit(tx)
                except BaseException as error:  # noqa: BLE001 - handed to the caller as it is
                    connection.exec_driver_sql("ROLLBACK TO unit")
                    connection.exec_driver_sql("RELEASE unit")
                    future.set_exception(error)
                    continue
                driver.execute("RELEASE unit")
                done.append((future, result, tx.after_commit))
            connection.exec_driver_sql("COMMIT")
        except BaseException as error:  # noqa: BLE001 - disk full or a broken file fails every unit of the group
            _rollback_quietly(connection)
            for _, future in group:
                # A future that runs can't be cancelled any more: that would end the writer's thread here.
                if future.running() or (not future.done() and future.set_running_or_notify_cancel()):
                    future.set_exception(error)
            return
        for future, result, callbacks in done:
            for callback in callbacks:
                callback()
            future.set_result(result)


def _gather_statistics(tx: Tx) -> None:
    tx._connection.exec_driver_sql("PRAGMA analysis_limit=1000")  # rows of an index at most
    tx._connection.exec_driver_sql("ANALYZE")
    # A table that is small now may be large in an hour, and until then would be read whole at each look.
    tx._connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < ?", (FEW_ROWS,))
    tx._connection.exec_driver_sql("ANALYZE sqlite_schema")


def _rollback_quietly(connection: Connection) -> None:
    with contextlib.suppress(sa.exc.SQLAlchemyError):  # COMMIT itself may have ended the transaction
        connection.exec_driver_sql("ROLLBACK")


def open_database(url: str) -> Database:
    """Open `sqlite:///FILE` or `postgresql://…`. Raises StartError for anything else or an unreachable server."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StartError("the database URL is not a URL") from error
    if parsed.get_backend_name() == "sqlite":
        return Database(sqlite_engine(parsed))
    if parsed.get_backend_name() == "postgresql":
        engine = postgres_engine(parsed)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except sa.exc.OperationalError as error:
            engine.dispose()
            raise StartError(
                f"can't reach the database at {parsed.host or 'its socket'}:{parsed.port or 5432}"
            ) from error
        return Database(engine)
    raise StartError("the database URL must begin with sqlite:/// or postgresql://")


def sqlite_url(path: Path) -> str:
    """The URL of the embedded database in the file `path`."""
    return f"sqlite:///{path}"
