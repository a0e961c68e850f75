"""Where closed recordings move to: a bucket of an S3-compatible store, which need not be trusted with what they hold.

An object is named by its recording's UUID. Its data key does not go there: it stays in the database, wrapped.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from locum.kit.errors import NotAvailable, NotFound, StartError
from locum.recordings.space import RESERVE_BYTES
from locum.recordings.store import Store, key_path

_PIECE_BYTES = 1024 * 1024
_FOLDER = "fetched"
_RETRIES = 2
_RETRY_FOR = dt.timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Place:
    """`url` is s3://BUCKET or s3://BUCKET/PREFIX. `endpoint` None: AWS itself. `ca`: PEM, trusted besides others."""

    url: str
    endpoint: str | None = None
    ca: bytes | None = None


class Archive:
    """Methods block; call them off the event loop. They raise NotAvailable where the store can't be used now."""

    def __init__(self, place: Place, store: Store) -> None:
        """Keys and region come from the environment, as for any S3 client. Nothing is asked of the store yet. Raises
        StartError where `place` can't be used."""
        parts = urlsplit(place.url)
        if parts.scheme != "s3" or not parts.netloc:
            raise StartError("--recordings-archive must be s3://BUCKET or s3://BUCKET/PREFIX")
        try:
            self._bucket = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                # Most stores that are not AWS have their buckets behind one name.
                config={"endpoint": place.endpoint, "virtual_hosted_style_request": False}
                if place.endpoint
                else {},
                client_options={"root_certificate": place.ca} if place.ca else {},
                retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR},
            )
        except (BaseError, ValueError) as error:
            raise StartError(f"--recordings-archive can't be used: {_words(error)}") from None
        self._store = store
        self._folder = store.root / _FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def put(self, recording_id: UUID) -> None:
        """Send the file, again if it was sent before. Raises NotFound where there is none."""
        with self._store.open(recording_id) as file:
            size = os.fstat(file.fileno()).st_size
            with _asking("The archive takes nothing"):
                obstore.put(self._bucket, self._name(recording_id), file)
                arrived = obstore.head(self._bucket, self._name(recording_id))["size"]
        if arrived != size:
            raise NotAvailable(f"The archive takes nothing: of {size} bytes {arrived} arrived")

    def fetch(self, recording_id: UUID, wrapped_key: str) -> Path:
        """The file, and its key beside it, here until the caller hands the path to `drop`. Raises NotFound."""
        path = Path(tempfile.mkdtemp(dir=self._folder)) / self._name(recording_id)
        try:
            with _asking("The recording can't be fetched from the archive"):
                self._download(recording_id, path)
            key_path(path).write_text(wrapped_key + "\n", "ascii")
        except BaseException:
            drop(path)
            raise
        return path

    def forget_fetched(self) -> None:
        """Delete what was fetched before a crash. Nobody may be reading."""
        shutil.rmtree(self._folder)
        self._folder.mkdir(mode=0o700)

    def delete(self, recording_id: UUID) -> None:
        """Remove the object for good; nothing where there is none."""
        with _asking("The recording can't be deleted from the archive"):
            obstore.delete(self._bucket, self._name(recording_id))

    def _name(self, recording_id: UUID) -> str:
        """Of the object, as of the file."""
        return self._store.path(recording_id).name

    def _download(self, recording_id: UUID, path: Path) -> None:
        try:
            found = obstore.get(self._bucket, self._name(recording_id))
        except FileNotFoundError:
            raise NotFound(f"The archive has no recording {recording_id}") from None
        if self._store.free_bytes() < found.meta["size"] + RESERVE_BYTES:
            raise NotAvailable("The recording can't be fetched from the archive: there is no room for it here")
        with path.open("xb") as file:
            left = found.meta["size"]
            for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise NotAvailable("The archive sends more than the recording has")
                file.write(piece)


def take(store: Store, archive: Archive | None, recording_id: UUID, wrapped_key: str | None) -> tuple[Path, bool]:
    """The recording's file on this machine: where it was written, or fetched (True: for the caller to `drop`).

    `wrapped_key`: of an archived one. Raises NotFound where the archive has none, NotAvailable.
    """
    path = store.path(recording_id)
    if wrapped_key is None or path.exists():
        return path, False
    if archive is None:
        raise NotAvailable("This recording lies in an archive, and --recordings-archive does not say which")
    return archive.fetch(recording_id, wrapped_key), True


@contextmanager
def at_hand(store: Store, archive: Archive | None, recording_id: UUID, wrapped_key: str | None) -> Iterator[Path]:
    """As `take`, for as long as the block lasts."""
    path, fetched = take(store, archive, recording_id, wrapped_key)
    try:
        yield path
    finally:
        if fetched:
            drop(path)


def drop(fetched: Path) -> None:
    """Delete what was fetched, which may be open still."""
    shutil.rmtree(fetched.parent, ignore_errors=True)


@contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, FileNotFoundError) as error:  # the latter: there is no such bucket
        raise NotAvailable(f"{what}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """The first line, without what the library adds for those who debug it."""
    return str(error).split("\n", 1)[0][:300]
