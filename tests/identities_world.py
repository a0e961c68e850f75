"""People and applications for tests, made by the rooms' own verbs. Only the cost of a password is lowered."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pyotp

from locum.identities import applications, mfa, people, policy
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.model import Identity, SecondFactor
from locum.identities.passwords import PasswordHasher
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx
from locum.vault.secret import Secret
from locum.vault.store import Vault

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """A local user, and what they know and carry."""

    id: UUID
    name: str
    totp: pyotp.TOTP
    recovery_codes: list[str]


class World:
    """Makes identities."""

    def __init__(self, database: Database, vault: Vault, hasher: PasswordHasher, digest: KeyedDigest) -> None:
        self.db = database
        self._vault = vault
        self._hasher = hasher
        self._digest = digest

    def person(
        self,
        name: str = "ada",
        *,
        enrolled: bool = True,
        must_change: bool = False,
        second_factor: SecondFactor | None = None,
        roles: frozenset[Role] = frozenset({Role.USER}),
    ) -> Person:
        def make(tx: Tx) -> Person:
            made = people.create_local_user(
                tx,
                LOCUM,
                name=name,
                password_hash=self._hasher.hash_now(Secret(PASSWORD)),
                must_change=must_change,
                second_factor=second_factor,
                roles=roles,
            )
            if not enrolled:
                return Person(made.id, made.name, pyotp.TOTP("A" * 32), [])
            login = people.login_of(tx, made.id)
            assert login is not None
            enrolment, codes = mfa.enrol_at_once(tx, self._vault, self._digest, LOCUM, login)
            totp = pyotp.TOTP(enrolment.shared_key.reveal_text())
            return Person(made.id, made.name, totp, [code.reveal_text() for code in codes])

        return self.db.submit_write(make).result()

    def application(self, name: str = "robot") -> Identity:
        return self.db.submit_write(applications.create, LOCUM, name=name).result()

    def user_mfa(self, value: policy.UserMfa) -> None:
        self.db.submit_write(policy.set_user_mfa, value).result()
