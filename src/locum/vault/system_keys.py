"""Locum's own keys, kept as vault secrets by name so that every node uses the same ones."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.kit.errors import StartError
from locum.vault.model import system_key
from locum.vault.secret import Secret
from locum.vault.store import Vault

_LOCK = int.from_bytes(b"sys-keys", "big")


def ensure(tx: Tx, vault: Vault, name: str, make: Callable[[], Secret]) -> Secret:
    """The key called `name`, made by `make` if there is none. Nodes that start together agree on one."""
    secret_id = _find(tx, name)
    if secret_id is None:
        tx.lock(_LOCK)
        secret_id = _find(tx, name)
    if secret_id is not None:
        return vault.open(tx, secret_id, purpose=_purpose(name))
    key = make()
    tx.add(system_key, name=name, secret_id=vault.put(tx, key, purpose=_purpose(name)))
    return key


def load(tx: ReadTx, vault: Vault, name: str) -> Secret:
    """The key called `name`. Raises StartError if it was never made."""
    secret_id = _find(tx, name)
    if secret_id is None:
        raise StartError(f"the database holds no {name} key: was it prepared by locum init?")
    return vault.open(tx, secret_id, purpose=_purpose(name))


def replace(tx: Tx, vault: Vault, name: str, key: Secret) -> None:
    """Put another key in the place of the one called `name`, which is erased. Nodes tell by the secret's id."""
    tx.lock(_LOCK)
    before = _find(tx, name)
    secret_id = vault.put(tx, key, purpose=_purpose(name))
    if before is None:
        tx.add(system_key, name=name, secret_id=secret_id)
        return
    tx.run(sa.update(system_key).where(system_key.c.name == name).values(secret_id=secret_id))
    vault.erase(tx, before)


def select_secret_id(name: str) -> sa.Select[tuple[UUID]]:
    """Selects the id of the secret that is the key called `name` now."""
    return sa.select(system_key.c.secret_id).where(system_key.c.name == name)


def _find(tx: ReadTx, name: str) -> UUID | None:
    found: UUID | None = tx.scalar(select_secret_id(name))
    return found


def _purpose(name: str) -> str:
    return f"system-key:{name}"
