"""One container file that is being written: every call blocks, and one thread at a time appends."""

from __future__ import annotations

import fcntl
import io
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from locum.kit.errors import Conflict
from locum.recordings.format import NONCE_SIZE, Encoder, Header, Opening
from locum.recordings.space import Space
from locum.recordings.store import Store
from locum.vault.secret import Secret


@dataclass(frozen=True, slots=True)
class Closed:
    """How a container ended. Keep the digest (hex) elsewhere: it betrays a trailer that was cut off later."""

    chunks: int
    plain_bytes: int
    digest: str


class Sink:
    """Seals chunks and appends them. The lock it holds keeps `seal` away for as long as the writer lives."""

    def __init__(
        self,
        store: Store,
        space: Space,
        file: io.FileIO,
        encoder: Encoder,
        key: AESGCM,
        signer: Ed25519PrivateKey,
    ) -> None:
        self._store = store
        self._space = space
        self._file = file
        self._encoder = encoder
        self._key = key
        self._signer = signer

    def append(self, plain: bytes, room: bytearray) -> None:
        """One chunk, made in `room`; when it returns, write(2) has taken all of it.

        Raises NoRoom, after which only the trailer may follow. After an OSError the sink is of no use.
        """
        self._space.take(len(plain))
        write_all(self._file, self._encoder.chunk(self._key, os.urandom(NONCE_SIZE), plain, room))

    def finish(self, reason: str) -> Closed:
        """The signed trailer. Raises OSError."""
        return write_trailer(self._file, self._encoder, self._signer, reason)

    def sync(self) -> None:
        """Return when all that was appended is on the disk. Raises OSError."""
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Sync file and directory and let go of the file, which happens also where it raises OSError."""
        with self._file:
            os.fsync(self._file.fileno())
        self._store.sync()


def create(
    store: Store,
    recording_id: UUID,
    data_key: Secret,
    wrapped_key: str,
    opening: Opening,
    *,
    signer: Ed25519PrivateKey,
    space: Space,
) -> Sink:
    """A new container with its header and opening on the disk.

    Raises Conflict where the id was used, where there is no room for it or where the disk does not take the file:
    without a recording there is no session.
    """
    encoder, key = Encoder(recording_id), AESGCM(data_key.reveal())
    start = encoder.start(Header(recording_id, wrapped_key))
    start += encoder.opening(key, os.urandom(NONCE_SIZE), opening)
    try:
        space.check_new()
        file = store.create(recording_id)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            write_all(file, start)
            os.fsync(file.fileno())
            store.sync()
        except OSError:
            file.close()
            store.delete(recording_id)
            raise
    except OSError as error:
        raise Conflict(f"The connection can't be recorded: {error.strerror}") from error
    return Sink(store, space, file, encoder, key, signer)


def write_trailer(
    file: io.FileIO, encoder: Encoder, signer: Ed25519PrivateKey, reason: str, *, dropped: int = 0
) -> Closed:
    """The signed end of a container. Raises OSError."""
    frame, trailer = encoder.trailer(signer, reason, dropped=dropped)
    write_all(file, frame)
    return Closed(trailer.chunks, trailer.plain_bytes, encoder.digest.hex())


def write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """write(2) until the system has taken everything; it takes a part where the disk is nearly full."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
