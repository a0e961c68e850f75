"""`locum restore`: a backup into an empty directory and an empty database, which then stand paused.

Steps: (1) nothing but keys/root.key may be in the directory, and nothing in the database; (2) the root key must open
the backup; (3) a mark says that a restore is under way; (4) files, schema, rows, the check of the audit log, the pause
and its audit row: the database takes all of it in one transaction; (5) the mark goes. Before the commit in (4) nothing
is usable, and the next run throws away what this one wrote; after it everything is there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from locum.audit import log as audit
from locum.audit.classify import Detail
from locum.audit.sealer import Sealer
from locum.audit.verify import ANCHOR_FILE, PATIENCE, verify_database
from locum.kit import pause
from locum.kit.db import Database, ReadTx, Tx, open_database
from locum.kit.errors import Invalid, StartError
from locum.kit.files import sync_folder
from locum.kit.settings import FILE_NAME, load_settings, written
from locum.main import keys
from locum.main.backup import ANCHORS, RECORDING, RECORDING_KEY, SETTINGS, Counts, about, opened
from locum.main.backup_format import File, Head, Piece, Reader, Row, Table, key_of
from locum.main.backup_tables import TableWriter
from locum.main.migrate import revisions, upgrade
from locum.main.operate import console_actor
from locum.main.prepare import keep_private, make_directories
from locum.main.root_keys import open_vault, root_key_path
from locum.recordings.store import Store, key_path
from locum.vault.secret import Secret
from locum.vault.store import Vault

MARK = "restoring"
_MADE = ("public", "recordings", FILE_NAME, "locum.db", "locum.db-wal", "locum.db-shm", "locum.db-journal")
_LOCK = int.from_bytes(b"restore", "big")


def restore(
    file: Path, data_dir: Path, database_url: str | None, unlock_file: Path | None, *, broken_audit: bool
) -> str:
    """Fill the directory and the database; answers words for people. Raises StartError, and then nothing is there."""
    if not root_key_path(data_dir).exists():
        raise StartError(f"put the root key file of the backup at {root_key_path(data_dir)} first")
    _check_directory(data_dir)
    settings = load_settings(data_dir, {"database_url": database_url, "unlock_file": unlock_file})
    vault = open_vault(settings)
    with opened(file) as raw:
        try:
            reader = Reader(raw)
            if reader.head.schema not in revisions():
                raise StartError("the backup was made by a newer Locum: upgrade this one")
            key = key_of(vault, reader.head)
            with _under_way(data_dir, settings.database):
                work = _Restore(reader, key, vault, data_dir, database_url, broken_audit)
                words = work.into(settings.database)
        except Invalid as error:
            raise StartError(f"nothing was restored: {error.detail}") from None
        except sa.exc.DBAPIError as error:
            reason = str(error.orig).partition("\n")[0]
            raise StartError(f"nothing was restored: the database failed: {reason}") from None
        except OSError as error:
            raise StartError(f"nothing was restored: {error.strerror}") from None
    return words


def _check_directory(data_dir: Path) -> None:
    """(1) for the directory."""
    found = {path.name for path in data_dir.iterdir()} - {"keys"}
    in_keys = {path.name for path in (data_dir / "keys").iterdir()} - {"root.key", "root.key.lock"}
    if MARK not in found and (found or in_keys):
        raise StartError(
            f"{data_dir} is not empty: a restore needs a directory that holds nothing but keys/root.key"
        )


@contextlib.contextmanager
def _under_way(data_dir: Path, url: str) -> Iterator[None]:
    """(3) and (5). What an earlier run left goes first, and what this one leaves when it fails."""
    mark = data_dir / MARK
    again = mark.exists()
    with open(mark, "wb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"another restore into {data_dir} is under way") from None
        try:
            _check_database(url)
        except StartError:
            if not again:
                mark.unlink()
            raise
        try:
            if again:
                _throw_away(data_dir)
            sync_folder(data_dir)
            yield
        except BaseException:
            _throw_away(data_dir)
            mark.unlink()
            raise
        mark.unlink()


def _check_database(url: str) -> None:
    """(1) for the database, which for SQLite must not come to be by looking."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return
    database = open_database(url)
    try:
        with database.engine.connect() as connection:
            _refuse_tables(connection)
    finally:
        database.close()


def _refuse_tables(connection: Connection) -> None:
    if sa.inspect(connection).get_table_names():
        raise StartError("the database is not empty: a restore needs an empty one")


def _throw_away(data_dir: Path) -> None:
    for name in _MADE:
        path = data_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


class _Restore:
    """(4)"""

    def __init__(
        self,
        reader: Reader,
        key: Secret,
        vault: Vault,
        data_dir: Path,
        database_url: str | None,
        broken_audit: bool,
    ) -> None:
        self._reader = reader
        self._key = key
        self._vault = vault
        self._data_dir = data_dir
        self._database_url = database_url
        self._broken_audit = broken_audit
        self._counts = Counts()

    def into(self, url: str) -> str:
        make_directories(self._data_dir)
        keep_private(url)
        database = open_database(url)
        try:
            with _transaction(database) as connection:
                _refuse_tables(connection)
                upgrade(connection, self._reader.head.schema)
                self._fill(connection)
                upgrade(connection, "head")
                words = self._finish(Tx(connection))
            signing = keys.signing_key(database.submit_read(keys.load, self._vault, keys.AUDIT_SIGNING).result())
            Sealer(database, signing, self._anchors).finish()
        finally:
            database.close()
        return words

    @property
    def _anchors(self) -> Path:
        return self._data_dir / "public" / ANCHOR_FILE

    def _fill(self, connection: Connection) -> None:
        tables = TableWriter(connection)
        file: BinaryIO | None = None
        for record in self._reader.records(self._key):
            self._counts.count(record)
            match record:
                case Table():
                    tables.table(record)
                case Row():
                    tables.row(record)
                case Piece():
                    if file is None:
                        raise Invalid("the backup holds a piece of no file")
                    file.write(record.content)
                    continue
            if file is not None:
                _close(file)
            file = self._create(record) if isinstance(record, File) else None
        tables.finish()
        if self._database_url is not None:
            with open(self._data_dir / FILE_NAME, "a") as settings:
                settings.write(written({"database_url": self._database_url}))
        for folder in ("public", "recordings", "."):
            sync_folder(self._data_dir / folder)

    def _create(self, file: File) -> BinaryIO:
        store = Store(self._data_dir / "recordings")
        match file.kind:
            case _ if file.kind == SETTINGS:
                path = self._data_dir / FILE_NAME
            case _ if file.kind == ANCHORS:
                path = self._anchors
            case _ if file.kind == RECORDING:
                path = store.path(_id(file.name))
            case _ if file.kind == RECORDING_KEY:
                path = key_path(store.path(_id(file.name)))
            case _:
                raise Invalid("the backup holds a kind of file that this version of Locum does not know")
        return open(
            path, "xb", opener=lambda name, flags: os.open(name, flags, 0o644 if path == self._anchors else 0o600)
        )

    def _finish(self, tx: Tx) -> str:
        head = self._reader.head
        self._check_audit(tx, head)
        if pause.current(tx) is not None:  # a backup of a copy that was paused itself
            pause.end(tx)
        pause.begin(tx, f"restored from the backup {about(head)}")
        detail: Detail = {"reason": about(head), "count": self._counts.rows, "forced": self._broken_audit}
        audit.record(tx, console_actor(), "backup.restored", detail=detail)
        return (
            f"Restored {self._counts.words}, {about(head)}. This copy is PAUSED: it touches no target."
            " Start it with locum serve; locum resume shows what it would take up."
        )

    def _check_audit(self, tx: ReadTx, head: Head) -> None:
        """What waited for its seal when the backup was made has waited ever since: that is no fault."""
        age = max(tx.now - head.made_at, dt.timedelta())
        signing = keys.signing_key(keys.load(tx, self._vault, keys.AUDIT_SIGNING))
        report = verify_database(tx, signing.public_key(), self._anchors, patience=age + PATIENCE)
        if not report.ok and not self._broken_audit:
            raise Invalid(f"{report.words}\nTo restore it all the same: --broken-audit-log")


@contextlib.contextmanager
def _transaction(database: Database) -> Iterator[Connection]:
    """One for schema and rows. SQLite's check of what points where comes at its end."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            with connection.begin():
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection
            return
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def _close(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _id(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise Invalid("the backup holds a recording of no name") from None
