"""A data directory and its database as the sixth release left them: schema 0006, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import fifth_release
from first_release import HOUR, Left, More
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.vault.store import Vault

SCHEMA = "0006"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _signed_in(tx, left, add)
        if more is not None:
            more(tx, vault, left, add, thing)

    return fifth_release.leave(data, url, password, revision=revision, more=all_of)


def _signed_in(tx: Tx, left: Left, add: Callable[..., None]) -> None:
    """Alice, signed in with `locum login`, and the key that ends with that."""
    sign_in, begun = new_id(), tx.now - HOUR
    add("sign_in", id=sign_in, identity_id=left.ids["alice"], method="password", cookie_digest=b"k" * 32,
        address="192.0.2.1", client="locum login", started_at=begun, last_used_at=begun,
        ends_at=tx.now + 12 * HOUR)  # fmt: skip
    add("ssh_key", id=new_id(), identity_id=left.ids["alice"], name="Sign-in", algorithm="ssh-ed25519",
        public_key="BBBB", fingerprint="SHA256:y", sign_in_id=sign_in)  # fmt: skip
