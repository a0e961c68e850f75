"""`locum resume`: what a restored copy would take up, and, with --yes, the end of its pause."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from locum.audit import log as audit
from locum.kit import jobs, pause
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid
from locum.main import keys
from locum.main.interrupted import close_recordings
from locum.reads.unfinished import unfinished
from locum.recordings.store import Store
from locum.sessions.recover import recover
from locum.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Resume:
    """What the command works on. Methods block."""

    db: Database
    vault: Vault
    data_dir: Path
    actor: Actor

    def look(self) -> dict[str, Any]:
        """What waits, as the backup knew it. Raises Invalid where nothing is paused."""
        found = self.db.submit_read(pause.current).result()
        if found is None:
            raise Invalid("Locum is not paused")
        waiting = self.db.submit_read(unfinished).result()
        return {"paused": msgspec.to_builtins(found), **msgspec.to_builtins(waiting)}

    def go(self) -> dict[str, Any]:
        """End the pause. Answers what was waiting; the workers take it up from now on."""
        before = self.look()
        lost = self.db.submit_write(_go, self.actor).result()
        signer = keys.signing_key(self.db.submit_read(keys.load, self.vault, keys.RECORDING_SIGNING).result())
        close_recordings(self.db, self.vault, Store(self.data_dir / "recordings"), signer, lost)
        return {**before, "paused": None}


def _go(tx: Tx, actor: Actor) -> list[UUID]:
    """The connections of the backup are gone, whichever node held them, and so are its claims on jobs."""
    pause.end(tx)
    jobs.take_back(tx, "")
    audit.record(tx, actor, "locum.resumed")
    return recover(tx, None)
