"""`locum backup`: one consistent, encrypted file, while the server runs.

Steps: (1) the server, or the database where none runs, audits the wish and makes a data key for this one file, which
only the root key opens; (2) this process copies everything into FILE.part over a database connection of its own, so
that people on the server feel little of it; (3) the file is made durable and gets its name, unless something has it;
(4) that is audited. A crash before (3) leaves at most FILE.part, which the next run takes over.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from locum import __version__
from locum.audit.verify import ANCHOR_FILE
from locum.kit.db import Database, ReadTx, open_database
from locum.kit.errors import Invalid, StartError
from locum.kit.files import sync_folder
from locum.kit.settings import load_settings, read_file, written
from locum.main.backup_format import End, File, Head, Piece, Reader, Record, Row, Table, Writer, key_of
from locum.main.backup_tables import read_tables, snapshot
from locum.main.migrate import revision_of, revisions
from locum.main.operate import Answer, operate
from locum.main.root_keys import open_vault
from locum.recordings.store import Store, key_path
from locum.sessions.model import RECORDED
from locum.sessions.model import connection as connection_table
from locum.vault.process import harden
from locum.vault.secret import Secret

PIECE_BYTES = 128 * 1024
IDS_AT_ONCE = 500
SETTINGS, ANCHORS, RECORDING, RECORDING_KEY = "settings", "anchors", "recording", "recording-key"


class Begun(msgspec.Struct, frozen=True):
    """The answer to `backup.begin`: the data key in base64, and the database that the server works on."""

    id: UUID
    key: str
    wrapped: str
    database: str


@dataclass
class Counts:
    """How much was written or read."""

    tables: int = 0
    rows: int = 0
    files: int = 0

    def count(self, record: Record) -> None:
        """One more. Raises Invalid at an end that says something else."""
        self.tables += isinstance(record, Table)
        self.rows += isinstance(record, Row)
        self.files += isinstance(record, File)
        if isinstance(record, End) and record != self.end:
            raise Invalid("the backup does not hold as much as its end says")

    @property
    def end(self) -> End:
        return End(self.tables, self.rows, self.files)

    @property
    def words(self) -> str:
        return f"{self.rows} rows of {self.tables} tables and {self.files} files"


def back_up(file: Path, data_dir: Path, database_url: str | None, *, recordings: bool) -> str:
    """Write the backup; answers words for people. Raises StartError, and then there is no `file`."""
    harden()
    with _new_file(file) as part:
        answer = operate("backup.begin", data_dir, database_url, file=str(file))
        begun = msgspec.convert(answer["object"], Begun)
        key = Secret(bytearray(base64.b64decode(begun.key)))
        database = open_database(begun.database)
        try:
            copied = _Copy(part, begun, key, database, data_dir).run(recordings=recordings)
        except sa.exc.DBAPIError as error:
            raise StartError(f"the database failed during the backup: {type(error.orig).__name__}") from None
        finally:
            database.close()
            key.wipe()
    operate("backup.end", data_dir, database_url, file=str(file), rows=copied.rows)
    return f"{file}: {copied.words}"


def verify(file: Path, data_dir: Path, unlock_file: Path | None) -> Answer:
    """Read all of it with the root key of `data_dir`, which needs nothing else. Raises StartError."""
    vault = open_vault(load_settings(data_dir, {"unlock_file": unlock_file}))
    counts = Counts()
    with opened(file) as raw:
        try:
            reader = Reader(raw)
            key = key_of(vault, reader.head)
            for record in reader.records(key):
                counts.count(record)
        except Invalid as error:
            return {"ok": False, "text": f"The backup does NOT hold: {error.detail}"}
    key.wipe()
    return {"ok": True, "text": f"The backup holds: {counts.words}, {about(reader.head)}"}


def about(head: Head) -> str:
    """When it was made, and by which Locum."""
    return f"made {head.made_at:%Y-%m-%d %H:%M:%S} UTC by Locum {head.locum}, schema {head.schema}"


def opened(file: Path) -> BinaryIO:
    """The file to read. Raises StartError."""
    try:
        return open(file, "rb")
    except OSError as error:
        raise StartError(f"can't read {file}: {error.strerror}") from None


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[BinaryIO]:
    """FILE.part, which becomes `file` if all goes well, and is gone otherwise. Nothing is ever overwritten."""
    part = file.with_name(file.name + ".part")
    if os.path.lexists(file):
        raise StartError(f"{file} exists: a backup never overwrites anything")

    def private(path: str, flags: int) -> int:
        return os.open(path, (flags & ~os.O_TRUNC) | os.O_NOFOLLOW, 0o600)

    try:
        with open(part, "wb", opener=private, buffering=1024 * 1024) as raw:
            fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)  # before what a crash left is thrown away
            try:
                os.fchmod(raw.fileno(), 0o600)
                raw.truncate(0)
                yield raw
                raw.flush()
                os.fsync(raw.fileno())
                os.link(part, file)
            finally:
                part.unlink(missing_ok=True)
        sync_folder(file.parent)
    except BlockingIOError:
        raise StartError(f"another backup is being written to {part}") from None
    except FileExistsError:
        raise StartError(f"{file} exists: a backup never overwrites anything") from None
    except OSError as error:
        raise StartError(f"can't write {part}: {error.strerror}") from None


class _Copy:
    """Step (2)."""

    def __init__(self, part: BinaryIO, begun: Begun, key: Secret, database: Database, data_dir: Path) -> None:
        self._part = part
        self._begun = begun
        self._key = key
        self._database = database
        self._data_dir = data_dir
        self._counts = Counts()

    def run(self, *, recordings: bool) -> Counts:
        # Before the snapshot: what the anchor file speaks of must be in the database, never the other way round.
        anchors = self._data_dir / "public" / ANCHOR_FILE
        anchored = _whole_lines(anchors)
        with snapshot(self._database) as connection:
            self._writer = Writer(self._part, self._head(connection), self._key)
            settings = {k: v for k, v in read_file(self._data_dir).items() if k != "database_url"}
            self._add(File(SETTINGS, ""))
            self._add(Piece(written(settings).encode()))
            self._file(anchors, File(ANCHORS, ""), anchored)
            for record in read_tables(connection):
                self._add(record)
        if recordings:
            self._recordings()
        self._writer.end(self._counts.end)
        return self._counts

    def _head(self, connection: Connection) -> Head:
        schema = revision_of(connection)
        if schema is None or schema != revisions()[0]:
            raise StartError("the running server is another version of Locum than this command")
        self._made_at = ReadTx(connection).now
        return Head(self._begun.id, self._made_at, __version__, schema, self._begun.wrapped)

    def _recordings(self) -> None:
        """Those that the snapshot knows and that are on this machine; one that is being written, as far as it is."""
        store = Store(self._data_dir / "recordings")
        last = UUID(int=0)
        c = connection_table.c
        known = (RECORDED, c.opened_at <= self._made_at)
        while ids := self._database.submit_read(
            lambda tx, after: tx.scalars(
                sa.select(c.id).where(*known, c.id > after).order_by(c.id).limit(IDS_AT_ONCE)
            ),
            last,
        ).result():
            for recording_id in ids:
                path = store.path(recording_id)
                self._file(path, File(RECORDING, str(recording_id)))
                self._file(key_path(path), File(RECORDING_KEY, str(recording_id)))
            last = ids[-1]

    def _file(self, path: Path, record: File, size: int | None = None) -> None:
        """A file in pieces, its first `size` bytes. One that is not there is left out."""
        if not path.exists():
            return
        with opened(path) as source:
            self._add(record)
            left = os.fstat(source.fileno()).st_size if size is None else size
            while left and (piece := source.read(min(left, PIECE_BYTES))):
                self._add(Piece(piece))
                left -= len(piece)

    def _add(self, record: Record) -> None:
        self._counts.count(record)
        self._writer.add(record)


def _whole_lines(anchors: Path) -> int:
    """The length of the anchor file while nobody adds to it."""
    try:
        with open(anchors, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return 0
