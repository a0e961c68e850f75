"""Moves secrets from retired root keys to the active one, a bounded batch in each unit of work.

A version is opened and sealed again whole, under a data key of its own that nobody has seen: its ciphertext is bound
to the root key's id, and whoever once had the old root key has the old data keys.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.kit.db import ReadTx, Tx
from locum.vault import seal
from locum.vault.keyring import Keyring
from locum.vault.model import vault_secret, vault_secret_version
from locum.vault.seal import Place, SealBroken, WrappedKey

BATCH_ROWS = 100
BATCH_BYTES = 4_194_304

Cursor = tuple[UUID, int]
"""The version (secret id, number) up to which all were looked at."""

_version = vault_secret_version.c


class Batch(msgspec.Struct, frozen=True):
    """What one unit of work did. `cursor` is None after the last one."""

    resealed: int
    broken: int
    cursor: Cursor | None


class Count(msgspec.Struct, frozen=True):
    """How many versions of secrets are sealed under a root key."""

    root_key_id: str
    versions: int


class _Found(msgspec.Struct, frozen=True):
    secret_id: UUID
    version: int
    size: int


class _Row(msgspec.Struct, frozen=True):
    secret_id: UUID
    version: int
    purpose: str
    root_key_id: str
    wrapped_dek: bytes
    commitment: bytes
    ciphertext: bytes


def reseal_batch(tx: Tx, keyring: Keyring, after: Cursor | None = None) -> Batch:
    """Seal the next versions that are under a retired key under the active one, at most 100 and about 4 MiB.

    Two may do this at once, and a version may be replaced or erased meanwhile: each row changes only while it is
    what was read. A version that does not open is left as it is, and counted.
    """
    root_key_id, root_key = keyring.sealing_key()
    found = _next(tx, keyring.keys.retired_ids, after)
    chosen, size = 0, 0
    while chosen < len(found) and (chosen == 0 or size + found[chosen].size <= BATCH_BYTES):
        size += found[chosen].size
        chosen += 1
    if not chosen:
        return Batch(0, 0, None)
    last = found[chosen - 1]
    resealed = broken = 0
    for row in _rows(tx, [(one.secret_id, one.version) for one in found[:chosen]]):
        place = Place(row.secret_id, row.version, row.purpose, row.root_key_id)
        key = WrappedKey(row.wrapped_dek, row.commitment)
        try:
            value = seal.open_value(keyring.key(row.root_key_id), key, row.ciphertext, place)
        except SealBroken:
            broken += 1
            continue
        fresh, ciphertext = seal.seal_value(root_key, value, replace(place, root_key_id=root_key_id))
        resealed += tx.run(
            sa.update(vault_secret_version)
            .where(
                _version.secret_id == row.secret_id,
                _version.version == row.version,
                _version.root_key_id == row.root_key_id,
            )
            .values(
                root_key_id=root_key_id,
                wrapped_dek=fresh.wrapped,
                commitment=fresh.commitment,
                ciphertext=ciphertext,
            )
        )
    return Batch(resealed, broken, (last.secret_id, last.version))


def counts(tx: ReadTx) -> list[Count]:
    """How many versions are under which root key, by id."""
    number = sa.func.count().label("versions")
    return tx.rows(
        Count,
        sa.select(_version.root_key_id, number).group_by(_version.root_key_id).order_by(_version.root_key_id),
    )


def _next(tx: ReadTx, retired: list[str], after: Cursor | None) -> list[_Found]:
    select = sa.select(_version.secret_id, _version.version, sa.func.length(_version.ciphertext).label("size"))
    if after is not None:
        beyond = sa.tuple_(_version.secret_id, _version.version) > sa.tuple_(
            sa.literal(after[0], sa.Uuid), sa.literal(after[1])
        )
        select = select.where(beyond)
    return tx.rows(
        _Found,
        select.where(_version.root_key_id.in_(retired))
        .order_by(_version.secret_id, _version.version)
        .limit(BATCH_ROWS),
    )


def _rows(tx: ReadTx, which: list[Cursor]) -> list[_Row]:
    return tx.rows(
        _Row,
        sa.select(
            _version.secret_id,
            _version.version,
            vault_secret.c.purpose,
            _version.root_key_id,
            _version.wrapped_dek,
            _version.commitment,
            _version.ciphertext,
        )
        .join_from(vault_secret_version, vault_secret, _version.secret_id == vault_secret.c.id)
        .where(sa.tuple_(_version.secret_id, _version.version).in_(which)),
    )
