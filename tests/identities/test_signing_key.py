"""The key that signs tokens: replaced, and followed by every node."""

from __future__ import annotations

from audited import details
from locum.identities import signing_key, tokens
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.vault import system_keys
from locum.vault.store import Vault


def test_following(database: Database, vault: Vault) -> None:
    node = Tokens(tokens.make_key())
    before = node.public_pem
    assert database.submit_read(signing_key.current).result() is None
    database.submit_read(signing_key.follow, vault, node).result()
    assert node.public_pem == before
    database.submit_write(system_keys.ensure, vault, tokens.SYSTEM_KEY, tokens.make_key).result()
    database.submit_read(signing_key.follow, vault, node).result()
    first = node.public_pem
    assert first != before
    assert node.key_id == database.submit_read(signing_key.current).result()
    database.submit_write(signing_key.rotate, vault, LOCUM).result()
    assert len(details(database, "token_key.rotated")) == 1
    assert node.key_id != database.submit_read(signing_key.current).result()
    database.submit_read(signing_key.follow, vault, node).result()
    assert node.public_pem != first
    kept = database.submit_read(system_keys.load, vault, tokens.SYSTEM_KEY).result()
    assert Tokens(kept).public_pem == node.public_pem
