"""Files of recordings, of which the database knows: closed where a crash or a backup left them open, and deleted."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.kit.db import Database
from locum.kit.errors import LocumError, NotFound
from locum.recordings.key import data_key
from locum.recordings.seal import seal
from locum.recordings.sink import Closed
from locum.recordings.store import Store
from locum.sessions.recover import sealed
from locum.vault.store import Vault

log = structlog.get_logger("locum")


def close_recordings(
    db: Database, vault: Vault, store: Store, signer: Ed25519PrivateKey, lost: Iterable[UUID]
) -> None:
    """Seal those that `sessions.recover` answered, and note it. Blocks."""
    for recording_id in lost:
        closed = close_recording(vault, store, signer, recording_id)
        db.submit_write(sealed, recording_id, closed.digest if closed else None).result()


def delete_recordings(store: Store, ids: Iterable[UUID]) -> None:
    """Delete their files, those that are there. Blocks."""
    for recording_id in ids:
        try:
            store.delete(recording_id)
        except NotFound:
            continue
        except OSError as error:
            log.error("a recording can't be deleted", recording=str(recording_id), reason=str(error))


def close_recording(vault: Vault, store: Store, signer: Ed25519PrivateKey, recording_id: UUID) -> Closed | None:
    """Close what nobody writes any more. None where it can't be, which the log says. Blocks."""
    try:
        key = data_key(vault, store.path(recording_id), recording_id)
        return seal(store, recording_id, key, signer)
    except (LocumError, OSError) as error:  # one bad file must not keep Locum from starting
        log.error("a recording stays open after a crash", recording=str(recording_id), reason=str(error))
        return None
