"""Signing in: a password or SSH key, then a second factor. The API and the SSH gateway both come through here.

Steps of a sign-in: (1) read how the named person signs in; (2) verify the password off the event loop, and as long
for an unknown name (SEC-06); (3) settle it in one transaction that sees every try before it: lock, count, clear
(`settle`); (4) the same for the code; (5) write the complete sign-in down and give out its token and cookie.
"""

from __future__ import annotations

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary

from locum.audit.log import record
from locum.identities import mfa, settle, signins, ssh_keys
from locum.identities.address_limit import AddressLimit
from locum.identities.digests import KeyedDigest
from locum.identities.model import Login
from locum.identities.passwords import PasswordHasher
from locum.identities.people import login_named
from locum.identities.settle import Enrolled, FirstFactor, SignedIn, or_raise
from locum.identities.ssh_keys import Proof, SshKey
from locum.identities.token_issuer import Opened, TokenIssuer
from locum.identities.tokens import Tokens
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, LocumError, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault

__all__ = ["FirstFactor", "Proof", "SignIn", "SignedIn", "SshKey"]

# Passwords of one address that are looked at together: enough to keep both hashing threads busy, and few enough that
# a stranger who sends thousands keeps nobody from elsewhere waiting.
AT_ONCE = 4


class SignIn:
    """Every step of signing in, with what they need of the installation."""

    def __init__(
        self, db: Database, vault: Vault, hasher: PasswordHasher, tokens: Tokens, digest: KeyedDigest
    ) -> None:
        self._db = db
        self._vault = vault
        self._hasher = hasher
        self._digest = digest
        self.issuer = TokenIssuer(tokens, vault, digest)
        self.limit = AddressLimit()
        self._turns: WeakValueDictionary[str | None, asyncio.Semaphore] = WeakValueDictionary()

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor:
        """The first factor (AUTH-01, AUTH-09).

        Raises Unauthenticated, always in the same words, and RateLimited for an address that was refused too often.
        """
        turns = self._turns.setdefault(address, asyncio.Semaphore(AT_ONCE))
        async with turns:
            with self.limit.door(address):
                return await self._password(login, password, address)

    async def _password(self, login: str, password: Secret, address: str | None) -> FirstFactor:
        known, usable = await self._db.read(_find, login)
        right = await self._hasher.verify(known.password_hash if known and usable else None, password)
        rehashed = None
        if known is not None and right and self._hasher.outdated(known.password_hash):
            rehashed = await self._hasher.hash(password)
        tried = right if usable else None
        return or_raise(await self._db.write(settle.settle_password, known, tried, rehashed, address))

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn:
        """The code of an authenticator app or a recovery code; any code where none is needed (AUTH-03, 04, 11).

        Raises Unauthenticated (wrong or used code), RateLimited (locked), Forbidden (a factor or a new password is
        still to be set, or the account was locked meanwhile).
        """
        return or_raise(await self._db.write(self._settle_code, first, code, address))

    async def ssh_key(self, login: str, line: str) -> SshKey | None:
        """The SSH key `line` ("algorithm base64") that the person of that name has registered. It proves nothing."""
        return await self._db.read(ssh_keys.find, login, line)

    async def proven_ssh_key(
        self, key: SshKey, *, both_factors: bool, address: str | None
    ) -> FirstFactor | SignedIn:
        """Take a key whose signature was verified for the password, or with `both_factors` for the code as well.

        A lock after wrong tries does not stop it: a stranger could keep people out with it. Raises Unauthenticated
        (the key was removed), Forbidden (the account is locked or has expired).
        """
        settled = await self._db.write(settle.settle_key, key, both_factors, address)
        if isinstance(settled, LocumError):
            raise settled
        return settled

    async def start_enrolment(self, first: FirstFactor, *, address: str | None) -> mfa.Enrolment:
        """A TOTP secret to confirm (AUTH-10). Raises Conflict if a factor is enrolled, Forbidden if locked."""

        def start(tx: Tx) -> mfa.Enrolment:
            login = settle.past_password(tx, first.identity_id)
            return mfa.start(tx, self._vault, Actor(login.identity_id, login.name, address), login)

        return await self._db.write(start)

    async def confirm_enrolment(self, first: FirstFactor, code: str, *, address: str | None) -> Enrolled:
        """Enrol the started secret and complete the sign-in. Wrong codes count towards the lock.

        Raises Unauthenticated (wrong code), RateLimited (locked), Conflict (nothing to confirm), Forbidden.
        """
        return or_raise(await self._db.write(self._settle_confirmation, first.identity_id, code, address))

    async def renew_recovery_codes(self, identity_id: UUID, code: str, *, address: str | None) -> list[Secret]:
        """Ten new recovery codes in place of the old ones, for a code that is used up (AUTH-11).

        Wrong codes count towards the lock. Raises as `second_factor` does, and Conflict if no factor is enrolled.
        """
        return or_raise(await self._db.write(self._settle_renewal, identity_id, code, address))

    async def pending_token(self, first: FirstFactor) -> str:
        """The token of a sign-in that is not complete: good for its next step and nothing else (SEC-07)."""
        pending = settle.PENDING[first.needs]
        return await self._db.read(self.issuer.pending, first.identity_id, pending=pending)

    async def open(
        self, signed_in: SignedIn, *, method: signins.Method, address: str | None, client: str | None
    ) -> Opened:
        """Write a complete sign-in down; answers its first token and its cookie."""
        return await self._db.write(
            self.issuer.open, signed_in.identity_id, method=method, address=address, client=client
        )

    def _settle_code(self, tx: Tx, first: FirstFactor, code: str, address: str | None) -> SignedIn | LocumError:
        login = settle.usable(tx, first.identity_id, hold=True)
        actor = Actor(login.identity_id, login.name, address)
        if first.ssh_key is not None:
            ssh_keys.used(tx, first.ssh_key)
        match settle.needs(tx, login):
            case "password_change":
                return Forbidden(settle.CHANGE_FIRST, missing="password_change")
            case "enrol":
                return Forbidden(settle.ENROL_FIRST, missing="enrolment")
            case "none":
                return settle.complete(tx, login, actor, first.ssh_key)
        refusal = self._check_code(tx, login, actor, code)
        return refusal or settle.complete(tx, login, actor, first.ssh_key, code=True)

    def _check_code(self, tx: Tx, login: Login, actor: Actor, code: str) -> LocumError | None:
        """Use up the code, or count and record the wrong one; answers the refusal."""
        outcome = mfa.check(tx, self._vault, self._digest, login, code)
        if outcome == "right":
            return None
        if outcome == "used":
            settle.refused(tx, actor, "the code was used already")
            return Unauthenticated(settle.USED_CODE)
        return settle.wrong_code(tx, login, actor)

    def _settle_renewal(
        self, tx: Tx, identity_id: UUID, code: str, address: str | None
    ) -> list[Secret] | LocumError:
        login = settle.usable(tx, identity_id, hold=True)
        if not login.has_factor:
            raise Conflict("no second factor is enrolled: recovery codes come with the first")
        actor = Actor(login.identity_id, login.name, address)
        refusal = self._check_code(tx, login, actor, code)
        if refusal is not None:
            return refusal
        record(tx, actor, "second_factor.codes_renewed", object_kind="identity", object_id=login.identity_id)
        return mfa.new_recovery_codes(tx, self._digest, login.identity_id)

    def _settle_confirmation(
        self, tx: Tx, identity_id: UUID, code: str, address: str | None
    ) -> Enrolled | LocumError:
        login = settle.past_password(tx, identity_id)
        actor = Actor(login.identity_id, login.name, address)
        codes = mfa.confirm(tx, self._vault, self._digest, actor, login, code)
        if codes == "wrong":
            return settle.wrong_code(tx, login, actor)
        return Enrolled(settle.complete(tx, login, actor, code=True), codes)


def _find(tx: ReadTx, name: str) -> tuple[Login | None, bool]:
    """The local user of that name, and whether their password may be tried now."""
    login = login_named(tx, name)
    return login, login is not None and login.refusal(tx.now) is None
