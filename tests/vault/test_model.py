"""The tables of the vault hold ciphertext and names of keys, and nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.vault.keyring import Keyring
from locum.vault.model import system_key, vault_secret, vault_secret_version
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault


@pytest.fixture
def secret_id(database: Database) -> UUID:
    found: UUID = database.submit_write(Vault(Keyring(new_key())).put, Secret("x"), purpose="credential").result()
    return found


def test_a_system_key_has_one_name_and_one_secret(database: Database, secret_id: UUID) -> None:
    def add(tx: Tx, name: str) -> None:
        tx.add(system_key, name=name, secret_id=secret_id)

    database.submit_write(add, "tls-ca").result()
    for name in ("tls-ca", "token-signing"):
        with pytest.raises(sa.exc.IntegrityError):
            database.submit_write(add, name).result()


def test_a_secret_with_a_version_can_not_go(database: Database, secret_id: UUID) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        database.submit_write(lambda tx: tx.run(sa.delete(vault_secret))).result()


def test_versions_count_from_one(database: Database, secret_id: UUID) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        database.submit_write(lambda tx: tx.run(sa.update(vault_secret).values(version=0))).result()


def test_no_column_takes_a_value_in_clear() -> None:
    kept = {column.name: type(column.type).__name__ for column in vault_secret_version.columns}
    assert kept == {
        "secret_id": "Uuid",
        "version": "Integer",
        "root_key_id": "String",
        "wrapped_dek": "LargeBinary",
        "commitment": "LargeBinary",
        "ciphertext": "LargeBinary",
        "created_at": "UtcTime",
    }
