"""The data key of one recording: wrapped in its header, and in a file beside it since the root key was changed.

The header is under the recording's signature, so it stays as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from locum.kit.errors import LocumError
from locum.kit.files import replace_file
from locum.recordings import reader
from locum.recordings.reader import Playback
from locum.recordings.store import Store, key_path
from locum.vault.seal import SealBroken
from locum.vault.secret import Secret
from locum.vault.store import Vault, wrapping_key_id

KEY_PURPOSE = "recording"


def data_key(vault: Vault, path: Path, recording_id: UUID) -> Secret:
    """The key that opens the chunks of the recording at `path`. Raises NotFound, Damaged, SealBroken."""
    return vault.unwrap_data_key(wrapped_key(path), purpose=KEY_PURPOSE, subject_id=recording_id)


def open_playback(vault: Vault, path: Path, recording_id: UUID) -> Playback:
    """The recording at `path`, to be closed by the caller. Blocks. Raises NotFound, Damaged, SealBroken."""
    file = reader.open_container(path)
    try:
        return Playback(file, data_key(vault, path, recording_id))
    except BaseException:
        file.close()
        raise


def rewrap_all(vault: Vault, store: Store, root_key_ids: list[str]) -> int:
    """Wrap anew, under the active root key, every recording's data key that is under one of these; answers how many.

    What does not open stays as it is, and `wrapped_under` goes on to count it.
    """
    count = 0
    for recording_id, root_key_id in wrapped_under(store):
        if root_key_id not in root_key_ids:
            continue
        path = store.path(recording_id)
        try:
            fresh = vault.rewrap_data_key(wrapped_key(path), purpose=KEY_PURPOSE, subject_id=recording_id)
        except LocumError:
            continue
        if fresh is not None:
            replace_file(key_path(path), fresh.encode() + b"\n", mode=0o600)
            count += 1
    store.sync()
    return count


def wrapped_under(store: Store) -> Iterator[tuple[UUID, str]]:
    """Each recording with the id of the root key above it. A recording too damaged to say is left out."""
    for recording_id in store.ids():
        try:
            yield recording_id, wrapping_key_id(wrapped_key(store.path(recording_id)))
        except LocumError:
            continue


def wrapped_key(path: Path) -> str:
    """The data key as it is wrapped now. Raises NotFound, Damaged, SealBroken."""
    try:
        return key_path(path).read_text("ascii").rstrip("\n")
    except FileNotFoundError:
        return reader.header(path).wrapped_key
    except UnicodeDecodeError:
        raise SealBroken("not a wrapped data key") from None
