"""`locum vault …`: changing the root key while everything runs, and what is sealed under which.

Each step leaves a state from which the next run goes on: a new key is in the root key file before anything is sealed
under it, and an old one stays there until nothing is.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from locum.audit import log as audit
from locum.audit.classify import Detail
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import LocumError, StartError
from locum.recordings.key import KEY_PURPOSE, rewrap_all, wrapped_under
from locum.recordings.store import Store
from locum.sessions import archiving
from locum.sessions.archiving import ArchivedKey
from locum.vault import providers, reseal
from locum.vault.key_text import RootKeys, parsed, written
from locum.vault.process import protection
from locum.vault.reseal import Batch, Cursor
from locum.vault.seal import key_id, new_key
from locum.vault.store import Vault, wrapping_key_id


@dataclass(frozen=True, slots=True)
class RootKeyRotation:
    """What the commands work on. Methods block; the server calls them in a thread."""

    db: Database
    vault: Vault
    data_dir: Path
    actor: Actor

    def rotate(self, *, prepare_only: bool) -> str:
        """Finish a change that was begun, or else make a new root key and move everything to it.

        `prepare_only` just adds the new key to the root key file, so that it can be copied to other nodes first.
        Raises StartError, Invalid.
        """
        keyring = self.vault.keyring
        if keyring.keys.next is None and not prepare_only and (moved := self._move()):
            return f"finished what was begun: {moved} moved to root key {keyring.active_id}"
        if keyring.keys.next is None:
            fresh = new_key()
            keyring.change(lambda keys: keys.with_next(fresh))
            self._audit("root_key.added", key_id(fresh))
        waiting = keyring.keys.next
        if prepare_only:
            return f"root key {key_id(waiting or keyring.active)} is in the file and not used yet"
        if waiting is not None:
            self._audit("root_key.activated", key_id(waiting))
            keyring.change(RootKeys.advanced)
        moved = self._move()
        return f"root key {keyring.active_id} is active; {moved} moved to it"

    def drop_retired(self) -> tuple[bool, str]:
        """Forget the retired root keys that nothing is sealed under. False if something is."""
        keyring = self.vault.keyring
        used = self._used()
        free = [name for name in keyring.keys.retired_ids if not used[name]]
        if free:
            self._refuse_environment()
        for name in free:
            self._audit("root_key.dropped", name)
        if free:
            keyring.change(lambda keys: keys.without_retired(free))
        left = keyring.keys.retired_ids
        words = [f"dropped root key {name}" for name in free]
        words += [f"{used[name]} are still under root key {name}: see locum vault status" for name in left]
        return not left, "\n".join(words or ["there is no retired root key"])

    def status(self) -> dict[str, Any]:
        """Provider, keys and what is under each, and how the memory that holds keys is kept."""
        keyring = self.vault.keyring
        keys = keyring.keys
        secrets, recordings = self._secrets(), self._recordings()
        states = {keys.active_id: "active"}
        states |= {} if keys.next is None else {key_id(keys.next): "next"}
        states |= dict.fromkeys(keys.retired_ids, "retired") | dict.fromkeys(keys.dropped, "dropped")
        states |= dict.fromkeys(sorted({*secrets, *recordings} - set(states)), "missing")
        return {
            "provider": keyring.file.provider_name if keyring.file else "none",
            "file": str(keyring.file.path.resolve()) if keyring.file else None,
            "keys": [
                {"id": name, "state": state, "secrets": secrets[name], "recordings": recordings[name]}
                for name, state in states.items()
            ],
            "underRetired": sum(secrets[name] + recordings[name] for name in keys.retired_ids),
            "memory": protection(),
        }

    def _move(self) -> int:
        """Move all that is under retired keys to the active one; answers how much was."""
        keyring = self.vault.keyring
        retired = keyring.keys.retired_ids
        moved = rewrap_all(self.vault, self._store(), retired) + self._rewrap_archived(retired)
        if moved:
            self._audit("root_key.resealed", keyring.active_id, kind=KEY_PURPOSE, count=moved)
        while True:
            done = self._pass()
            moved += done
            if not done:
                return moved

    def _pass(self) -> int:
        """Once over all secrets. What others sealed meanwhile under the old key is for the next pass."""
        moved = 0
        cursor: Cursor | None = None
        while True:
            batch = self.db.submit_write(self._batch, cursor).result()
            moved += batch.resealed
            cursor = batch.cursor
            if cursor is None:
                return moved

    def _batch(self, tx: Tx, cursor: Cursor | None) -> Batch:
        batch = reseal.reseal_batch(tx, self.vault.keyring, cursor)
        if batch.resealed:
            root_key_id = self.vault.keyring.active_id
            detail: Detail = {"root_key": root_key_id, "kind": "secret", "count": batch.resealed}
            audit.record(tx, self.actor, "root_key.resealed", detail=detail)
        return batch

    def _audit(self, action: str, root_key_id: str, **more: str | int) -> None:
        detail = {"root_key": root_key_id, **more}
        self.db.submit_write(audit.record, self.actor, action, detail=detail).result()

    def _refuse_environment(self) -> None:
        file = self.vault.keyring.file
        if file is not None and file.provider_name == "env":
            raise StartError(f"Locum can't change {providers.VARIABLE}: see locum vault new-text --drop-retired")

    def _used(self) -> Counter[str]:
        return self._secrets() + self._recordings()

    def _secrets(self) -> Counter[str]:
        found = self.db.submit_read(reseal.counts).result()
        return Counter({one.root_key_id: one.versions for one in found})

    def _recordings(self) -> Counter[str]:
        used = Counter(root_key_id for _, root_key_id in wrapped_under(self._store()))
        for batch in self._archived():
            used.update(wrapping_key_id(one.recording_key) for one in batch)
        return used

    def _rewrap_archived(self, retired: list[str]) -> int:
        """The data keys of archived recordings, as `rewrap_all` does those of files; answers how many."""
        count = 0
        for batch in self._archived():
            fresh = [new for one in batch if (new := self._rewrapped(one, retired)) is not None]
            self.db.submit_write(archiving.rewrap, fresh).result()
            count += len(fresh)
        return count

    def _rewrapped(self, one: ArchivedKey, retired: list[str]) -> ArchivedKey | None:
        """None where nothing is to be done, or it does not open."""
        try:
            if wrapping_key_id(one.recording_key) not in retired:
                return None
            fresh = self.vault.rewrap_data_key(one.recording_key, purpose=KEY_PURPOSE, subject_id=one.id)
        except LocumError:
            return None
        return None if fresh is None else ArchivedKey(one.id, fresh)

    def _archived(self) -> Iterator[list[ArchivedKey]]:
        after: UUID | None = None
        while batch := self.db.submit_read(archiving.keys, after).result():
            yield batch
            after = batch[-1].id

    def _store(self) -> Store:
        return Store(self.data_dir / "recordings")


def new_text(*, drop_retired: bool) -> str:
    """The next content of LOCUM_ROOT_KEY: with a new active key, or without the retired ones. Raises StartError."""
    text = os.environ.get(providers.VARIABLE)
    if not text:
        if drop_retired:
            raise StartError(f"{providers.VARIABLE} is not set")
        return written(RootKeys(new_key())).decode()
    keys = parsed(text.strip().encode() + b"\n", providers.VARIABLE)
    changed = keys.without_retired(keys.retired_ids) if drop_retired else keys.with_next(new_key()).advanced()
    return written(changed).decode()
