"""System keys: made once, the same for every node, sealed like any other secret."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.kit.db import Database, open_database
from locum.kit.errors import NotFound, StartError
from locum.vault import system_keys
from locum.vault.keyring import Keyring
from locum.vault.model import system_key, vault_secret
from locum.vault.seal import SealBroken, new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring(new_key()))


async def test_made_once_then_loaded(database: Database, vault: Vault) -> None:
    made = await database.write(system_keys.ensure, vault, "token-signing", new_key)
    assert await database.write(system_keys.ensure, vault, "token-signing", new_key) == made
    assert await database.read(system_keys.load, vault, "token-signing") == made
    assert await database.write(system_keys.ensure, vault, "audit-signing", new_key) != made


async def test_nodes_that_start_together_agree(database: Database, database_url: str, vault: Vault) -> None:
    other = open_database(database_url)
    nodes = [database, other] * 4
    try:
        futures = [node.submit_write(system_keys.ensure, vault, "token-signing", new_key) for node in nodes]
        keys = [future.result() for future in futures]
    finally:
        other.close()
    assert all(key == keys[0] for key in keys)
    assert await database.read(lambda tx: tx.scalar(sa.select(sa.func.count(vault_secret.c.id)))) == 1


async def test_never_made_is_one_clear_line(database: Database, vault: Vault) -> None:
    with pytest.raises(StartError, match="no token-signing key"):
        await database.read(system_keys.load, vault, "token-signing")


async def test_not_without_the_root_key(database: Database, vault: Vault) -> None:
    await database.write(system_keys.ensure, vault, "ssh-host-key", lambda: Secret("private"))
    with pytest.raises(SealBroken, match="not in the key file"):
        await database.read(system_keys.load, Vault(Keyring(new_key())), "ssh-host-key")


async def test_one_key_does_not_pass_for_another(database: Database, vault: Vault) -> None:
    secret_id = await database.write(vault.put, Secret("x"), purpose="credential")
    await database.write(lambda tx: tx.add(system_key, name="tls-ca", secret_id=secret_id))
    with pytest.raises(SealBroken):
        await database.read(system_keys.load, vault, "tls-ca")


async def test_a_replaced_key_is_gone_and_told_by_its_id(database: Database, vault: Vault) -> None:
    other = await database.write(system_keys.ensure, vault, "audit-signing", new_key)
    await database.write(system_keys.ensure, vault, "token-signing", new_key)
    before = await database.read(lambda tx: tx.scalar(system_keys.select_secret_id("token-signing")))
    fresh = new_key()
    await database.write(system_keys.replace, vault, "token-signing", fresh)
    assert await database.read(system_keys.load, vault, "token-signing") == fresh
    assert await database.read(system_keys.load, vault, "audit-signing") == other
    after = await database.read(lambda tx: tx.scalar(system_keys.select_secret_id("token-signing")))
    assert after != before
    with pytest.raises(NotFound, match="erased"):
        await database.read(vault.open, before, purpose="system-key:token-signing")
    assert await database.read(vault.open, after, purpose="system-key:token-signing") == fresh


async def test_replacing_a_key_that_was_never_made_makes_it(database: Database, vault: Vault) -> None:
    fresh = new_key()
    await database.write(system_keys.replace, vault, "token-signing", fresh)
    assert await database.read(system_keys.load, vault, "token-signing") == fresh
