"""The services of the sign-in, on real databases and with a real vault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from identities_world import World
from locum.identities import digests, tokens
from locum.identities.digests import KeyedDigest
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.db import Database
from locum.vault.keyring import Keyring
from locum.vault.seal import new_key
from locum.vault.store import Vault


@pytest.fixture(scope="session")
def hasher() -> Iterator[PasswordHasher]:
    made = PasswordHasher(memory_kib=64, time_cost=1, parallelism=1)
    yield made
    made.close()


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring(new_key()))


@pytest.fixture
def digest() -> KeyedDigest:
    return KeyedDigest(digests.make_key())


@pytest.fixture(scope="session")
def issuer() -> Tokens:
    return Tokens(tokens.make_key())


@pytest.fixture
def signin(
    database: Database, vault: Vault, hasher: PasswordHasher, issuer: Tokens, digest: KeyedDigest
) -> SignIn:
    return SignIn(database, vault, hasher, issuer, digest)


@pytest.fixture
def world(database: Database, vault: Vault, hasher: PasswordHasher, digest: KeyedDigest) -> World:
    return World(database, vault, hasher, digest)
