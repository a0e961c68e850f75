"""A login is a row, its secret is in the vault under its own purpose, and a key is kept without its passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from locum.credentials import ssh_key
from locum.credentials.add import add_credential, get_credential
from locum.credentials.model import AuthenticationMethod, Credential
from locum.credentials.secrets import PASSWORD_PURPOSE, PRIVATE_KEY_PURPOSE
from locum.kit.db import Database, Tx
from locum.kit.errors import Conflict, Invalid, LocumError, NotFound
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault
from world import ACTOR, make_world, new_vault

pytestmark = pytest.mark.anyio

KEYS = {
    "ed25519": Ed25519PrivateKey.generate(),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return new_vault(tmp_path)


async def by_key(database: Database, vault: Vault, text: bytes, word: str | None = None) -> Credential:
    return await database.write(
        add_credential,
        vault,
        ACTOR,
        username="deploy",
        authentication_method=AuthenticationMethod.SSH_KEY,
        private_key=ssh_key.read(Secret(text), Secret(word) if word else None),
        passphrase=Secret(word) if word else None,
    )


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("word", [None, "canary"])
@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
async def test_any_usual_key_opens(
    database: Database, vault: Vault, kind: str, word: str | None, form: PrivateFormat
) -> None:
    closed = BestAvailableEncryption(word.encode()) if word else NoEncryption()
    made = await by_key(database, vault, KEYS[kind].private_bytes(Encoding.PEM, form, closed), word)
    public = KEYS[kind].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert (made.public_key, made.password_secret_id) == (public, None)
    assert made.private_key_secret_id is not None
    kept = await database.read(vault.open, made.private_key_secret_id, purpose=PRIVATE_KEY_PURPOSE)
    again = serialization.load_ssh_private_key(kept.reveal(), None)
    assert again.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() == public


async def test_a_key_that_does_not_open_is_refused_unquoted(database: Database, vault: Vault) -> None:
    good = KEYS["ed25519"].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(b"right"))
    for text, word in ((good, "wrong"), (good, None), (good[:-60], "right"), (b"canary", None), (b"", None)):
        with pytest.raises(Invalid) as refusal:
            await by_key(database, vault, text, word)
        assert refusal.value.field == "privateKey"
        assert "canary" not in refusal.value.detail
        assert refusal.value.__cause__ is None


async def test_a_password_opens_for_its_purpose_alone(database: Database, vault: Vault) -> None:
    made = await database.write(
        add_credential, vault, ACTOR, username=" deploy ", domain="Corp", password=Secret("pass word")
    )
    assert (made.username, made.domain, made.type, made.public_key) == ("deploy", "Corp", 0, None)
    assert made.password_secret_id is not None
    opened = await database.read(vault.open, made.password_secret_id, purpose=PASSWORD_PURPOSE)
    assert opened == Secret("pass word")
    with pytest.raises(LocumError):
        await database.read(vault.open, made.password_secret_id, purpose=PRIVATE_KEY_PURPOSE)


async def test_a_login_is_unique_by_user_name_and_domain(database: Database, vault: Vault) -> None:
    def add(tx: Tx, username: str, domain: str | None) -> Credential:
        return add_credential(tx, vault, ACTOR, username=username, domain=domain, password=Secret("x"))

    for username, domain in (("deploy", "corp"), ("deploy", None), ("DEPLOY", "corp"), ("corp", "deploy")):
        await database.write(add, username, domain)
    for username, domain in (("deploy", "CORP"), ("deploy", ""), (" deploy", "corp")):
        with pytest.raises(Conflict):
            await database.write(add, username, domain)


async def test_an_unknown_id_is_not_found(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    with pytest.raises(NotFound):
        await database.read(get_credential, new_id())
