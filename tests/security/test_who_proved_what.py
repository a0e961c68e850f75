"""What the audit log has, word for word, of the things people prove themselves with: passkeys, SSH keys, codes,
passwords and the key that signs tokens; and of sign-ins that are ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncssh
import pytest
import sqlalchemy as sa

from audited import Event, events
from identities_world import Person, World
from locum.identities import digests, mfa, passkeys, settle, signing_key, signins, ssh_keys, tokens
from locum.identities.digests import KeyedDigest
from locum.identities.model import Login, identity, local_login, ssh_key
from locum.identities.password_change import PasswordChange
from locum.identities.people import login_of
from locum.identities.relying_party import Credential
from locum.identities.signin import SignIn
from locum.identities.ssh_keys import SshKey
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden, LocumError, Unauthenticated
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault

pytestmark = pytest.mark.anyio

ADDRESS = "192.0.2.7"
NEW, NEWER = Secret("another long password"), Secret("yet another long password")
ADMIN = Actor(uuid4(), "root", "192.0.2.9")


def of(person: Person, action: str, outcome: str = "ok", **detail: Any) -> Event:
    return (action, person.id, person.name, ADDRESS, "identity", person.id, outcome, detail)


def by_admin(person: Person, action: str, **detail: Any) -> Event:
    return (action, ADMIN.id, "root", "192.0.2.9", "identity", person.id, "ok", detail)


def held(tx: ReadTx, identity_id: UUID) -> Login:
    found = login_of(tx, identity_id, hold=True)
    assert found is not None
    return found


def test_passkeys(database: Database, world: World) -> None:
    ada = world.person()
    her = Actor(ada.id, "ada", ADDRESS)

    def add(tx: Tx) -> UUID:
        return passkeys.add(tx, her, held(tx, ada.id), "phone", Credential(b"1", b"public", 0, False)).id

    made = database.submit_write(add).result()
    database.submit_write(passkeys.rename, her, made, "old phone").result()
    database.submit_write(lambda tx: passkeys.remove(tx, her, held(tx, ada.id), made)).result()
    assert events(database, "passkey.enrolled", "passkey.renamed", "passkey.removed") == [
        (action, ada.id, "ada", ADDRESS, "passkey", made, "ok", {"name": name})
        for action, name in (
            ("passkey.enrolled", "phone"),
            ("passkey.renamed", "old phone"),
            ("passkey.removed", "old phone"),
        )
    ]


class TestSshKeys:
    def register(self, database: Database, ada: Person) -> SshKey:
        line = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        return database.submit_write(ssh_keys.register, ADMIN, ada.id, name="laptop", line=line).result()

    def test_kept_and_removed(self, database: Database, world: World) -> None:
        ada = world.person()
        key = self.register(database, ada)
        added = sa.select(ssh_key.c.created_by)
        assert database.submit_read(lambda tx: tx.scalar(added)).result() == ADMIN.id
        database.submit_write(ssh_keys.remove, ADMIN, key.id).result()
        said = {"identity": "ada", "name": "laptop", "fingerprint": key.fingerprint}
        assert events(database, "ssh_key.added", "ssh_key.removed") == [
            by_admin(ada, "ssh_key.added", **said),
            by_admin(ada, "ssh_key.removed", **said),
        ]

    async def test_proven(self, database: Database, world: World, signin: SignIn) -> None:
        ada = world.person()
        key = self.register(database, ada)
        await signin.proven_ssh_key(key, both_factors=True, address=ADDRESS)
        first = await signin.proven_ssh_key(key, both_factors=False, address=ADDRESS)
        assert isinstance(first, settle.FirstFactor)
        await signin.second_factor(first, ada.totp.now(), address=ADDRESS)
        proven = of(ada, "signin.ssh_key", fingerprint=key.fingerprint)
        assert events(database, "signin.ssh_key", "signin.completed") == [
            proven,
            of(ada, "signin.completed", by="ssh_key"),
            proven,
            of(ada, "signin.completed", by="ssh_key, code"),
        ]

    async def test_of_somebody_who_may_not(self, database: Database, world: World, signin: SignIn) -> None:
        ada = world.person()
        key = self.register(database, ada)
        database.submit_write(lambda tx: tx.run(sa.update(identity).values(locked=True))).result()
        with pytest.raises(Forbidden) as refused:
            await signin.proven_ssh_key(key, both_factors=True, address=ADDRESS)
        assert (refused.value.detail, refused.value.missing) == (
            "the account is locked or has expired",
            "unlocked account",
        )
        assert events(database, "signin.ssh_key", "signin.completed", "signin.refused") == [
            of(ada, "signin.refused", "refused", reason="locked by an administrator")
        ]
        database.submit_write(lambda tx: tx.run(sa.update(identity).values(deleted_at=tx.now))).result()
        with pytest.raises(Unauthenticated) as gone:
            await signin.proven_ssh_key(key, both_factors=True, address=ADDRESS)
        assert gone.value.detail == settle.REFUSED


async def test_codes(database: Database, world: World, signin: SignIn, vault: Vault) -> None:
    ada = world.person()
    with pytest.raises(LocumError):
        await signin.renew_recovery_codes(ada.id, "1", address=ADDRESS)
    await signin.renew_recovery_codes(ada.id, ada.recovery_codes[0], address=ADDRESS)
    database.submit_write(lambda tx: mfa.reset(tx, vault, ADMIN, held(tx, ada.id))).result()
    assert events(database, "signin.refused", "second_factor.codes_renewed", "second_factor.reset") == [
        of(ada, "signin.refused", "refused", reason="wrong code"),
        of(ada, "second_factor.codes_renewed"),
        by_admin(ada, "second_factor.reset", name="ada"),
    ]


def test_an_enrolment_at_once(database: Database, world: World, vault: Vault, digest: digests.KeyedDigest) -> None:
    ada = world.person(enrolled=False)
    database.submit_write(lambda tx: mfa.enrol_at_once(tx, vault, digest, ADMIN, held(tx, ada.id))).result()
    assert events(database, "second_factor.started", "second_factor.enrolled") == [
        by_admin(ada, "second_factor.started"),
        by_admin(ada, "second_factor.enrolled"),
    ]


async def test_passwords(database: Database, world: World, passwords: PasswordChange) -> None:
    ada = world.person()
    await passwords.reset(ADMIN, ada.id, NEW, must_change=False)
    changed = await passwords.own(ada.id, NEW, NEWER, forced=False, address=ADDRESS, client="curl/8")
    assert not isinstance(changed, str)
    (begun,) = (row for row in database.submit_read(signins.of_identity, ada.id).result() if row.ended_at is None)
    assert (begun.method, begun.address, begun.client) == ("password", ADDRESS, "curl/8")
    assert events(database, "password.reset", "password.changed") == [
        by_admin(ada, "password.reset", name="ada", must_change=False),
        of(ada, "password.changed", forced=False),
    ]
    kept = sa.select(local_login.c.must_change)
    assert database.submit_read(lambda tx: tx.scalar(kept)).result() is False


def test_sign_outs(database: Database, world: World, digest: KeyedDigest) -> None:
    ada = world.person()
    her = Actor(ada.id, "ada", ADDRESS)
    how: Any = {"identity_id": ada.id, "method": "password", "address": None, "client": None}
    one, _ = (database.submit_write(signins.begin, digest, **how).result() for _ in range(2))
    database.submit_write(signins.end, her, ada.id, one.id).result()
    database.submit_write(signins.sign_out_everywhere, her, ada.id).result()
    assert events(database, "signin.ended", "signin.ended_everywhere") == [
        of(ada, "signin.ended"),
        of(ada, "signin.ended_everywhere", count=1),
    ]


def test_the_key_that_signs_tokens(database: Database, vault: Vault) -> None:
    database.submit_write(system_keys.ensure, vault, tokens.SYSTEM_KEY, tokens.make_key).result()
    before = database.submit_read(signing_key.current).result()
    database.submit_write(signing_key.rotate, vault, ADMIN).result()
    assert database.submit_read(signing_key.current).result() not in (before, None)
    assert events(database, "token_key.rotated") == [
        ("token_key.rotated", ADMIN.id, "root", "192.0.2.9", None, None, "ok", {})
    ]
