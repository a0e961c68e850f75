"""Closes what a crash left open, so that an auditor has a signature over all that was acknowledged."""

from __future__ import annotations

import fcntl
import os
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from locum.kit.errors import Conflict
from locum.recordings.format import Encoder, open_chunk
from locum.recordings.reader import Container
from locum.recordings.sink import Closed, write_trailer
from locum.recordings.store import Store
from locum.vault.secret import Secret


def seal(
    store: Store,
    recording_id: UUID,
    data_key: Secret,
    signer: Ed25519PrivateKey,
    *,
    reason: str = "interrupted",
) -> Closed:
    """Put a trailer on a container that has none; a frame that is not whole is cut off first, and counted.

    Nothing in that frame was acknowledged. Every chunk is opened before, so that the signature never covers what
    was forged while the file lay open. Raises NotFound, Damaged, and Conflict where the container is closed, still
    being written, or the disk does not take the trailer. Blocks.
    """
    with store.open_to_append(recording_id) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Recording {recording_id} is still being written") from error
        key = AESGCM(data_key.reveal())
        container, plain_bytes = Container(file), 0
        if container.header.recording_id != recording_id:
            raise container.damaged(0, f"it belongs to recording {container.header.recording_id}")
        for frame in container.frames():
            if frame.kind == "T":
                raise Conflict(f"Recording {recording_id} is closed")
            container.decode(frame, lambda frame: open_chunk(key, recording_id, frame))
            plain_bytes += frame.plain_bytes
        dropped = container.torn
        encoder = Encoder(recording_id, last=container.last, plain_bytes=plain_bytes)
        try:
            os.ftruncate(file.fileno(), container.end)
            closed = write_trailer(file, encoder, signer, reason, dropped=dropped)
            os.fsync(file.fileno())
        except OSError as error:
            raise Conflict(f"Recording {recording_id} can't be sealed: {error.strerror}") from error
    return closed
