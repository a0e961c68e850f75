"""Which key signs tokens now: the database says, and every node follows at the next request (AUTH-24)."""

from __future__ import annotations

from uuid import UUID

from locum.audit.log import record
from locum.identities.tokens import SYSTEM_KEY, Tokens, make_key
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.vault import system_keys
from locum.vault.store import Vault

CURRENT = system_keys.select_secret_id(SYSTEM_KEY)
"""Selects the id of the key that counts; as a subquery in the statement that looks at a token's sign-in."""


def current(tx: ReadTx) -> UUID | None:
    """The id of the key that counts; None where no key was ever made."""
    found: UUID | None = tx.scalar(CURRENT)
    return found


def follow(tx: ReadTx, vault: Vault, tokens: Tokens) -> None:
    """Take up the key that counts, if this node still works with another."""
    key_id = current(tx)
    if key_id != tokens.key_id:
        tokens.use(system_keys.load(tx, vault, SYSTEM_KEY), key_id)


def rotate(tx: Tx, vault: Vault, actor: Actor) -> None:
    """Replace the key. Every token signed with the one before is refused from this commit on, on every node."""
    system_keys.replace(tx, vault, SYSTEM_KEY, make_key())
    record(tx, actor, "token_key.rotated")
