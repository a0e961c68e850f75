"""Signing in: a password, then a second factor. The API and the SSH gateway both come through here.

Steps of a sign-in: (1) read how the named person signs in; (2) verify the password off the event loop, and as long
for an unknown name (SEC-06); (3) settle it in one transaction that sees every try before it: lock, count, clear;
(4) the same for the code. A wrong try is counted before the refusal goes out, so what settles a try returns its
refusal; raising it there would roll the count back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import lockout, mfa, ssh_keys
from locum.identities.caller import Pending
from locum.identities.digests import KeyedDigest
from locum.identities.model import Login, SecondFactor, identity, local_login
from locum.identities.passwords import PasswordHasher, check_new
from locum.identities.people import login_named, login_of, roles_of
from locum.identities.policy import user_mfa
from locum.identities.ssh_keys import Proof, SshKey
from locum.identities.tokens import Subject, Tokens
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid, LocumError, RateLimited, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault

__all__ = ["FirstFactor", "Proof", "SignIn", "SignedIn", "SshKey"]

T = TypeVar("T")
Needs = Literal["none", "totp", "enrol", "password_change"]

# One text for every reason, so that a stranger can't tell which names exist (SEC-06). The audit log has the reason.
REFUSED = (
    "the user name or the password is not right, or the account is locked,"
    " as it is for a while after five wrong tries"
)
WRONG_CODE = "the code is not right"
USED_CODE = "this code was used already: wait for the next one"
ENROL_FIRST = (
    "a second factor must be enrolled first: POST /api/locum/v1/SecondFactor/Totp with this token gives the secret,"
    " POST /api/locum/v1/SecondFactor/Totp/Confirm with a code of it finishes the sign-in"
)
CHANGE_FIRST = (
    "the password must be changed first:"
    " PUT /api/v1/ManagedAccount/ChangeLocalUserPassword?forced=true with this token"
)
# Passwords of one address that are looked at together: enough to keep both hashing threads busy, and few enough that
# a stranger who sends thousands keeps nobody from elsewhere waiting.
AT_ONCE = 4
_LOCAL_ONLY = "only local users sign in; an application proves itself with its API key"

_PENDING: dict[Needs, Pending] = {
    "none": "second_factor",
    "totp": "second_factor",
    "enrol": "enrolment",
    "password_change": "password_change",
}


@dataclass(frozen=True, slots=True)
class FirstFactor:
    """A right password or a proven SSH key, and what the sign-in needs next. "none": any code passes."""

    identity_id: UUID
    name: str
    needs: Needs
    ssh_key: SshKey | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A complete sign-in. `code_spared`: an SSH key was taken for the code as well, which is good only where the
    connection profile says so: the gate looks again."""

    identity_id: UUID
    name: str
    proof: Proof = Proof.PASSWORD
    code_spared: bool = False


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The sign-in that a confirmed enrolment completes, and the recovery codes, which are shown this once."""

    signed_in: SignedIn
    recovery_codes: list[Secret]


class SignIn:
    """Every step of signing in, with what they need of the installation."""

    def __init__(
        self, db: Database, vault: Vault, hasher: PasswordHasher, tokens: Tokens, digest: KeyedDigest
    ) -> None:
        self._db = db
        self._vault = vault
        self._hasher = hasher
        self._tokens = tokens
        self._digest = digest
        self._turns: WeakValueDictionary[str | None, asyncio.Semaphore] = WeakValueDictionary()

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor:
        """The first factor (AUTH-01, AUTH-09). Raises Unauthenticated, always in the same words."""
        turns = self._turns.setdefault(address, asyncio.Semaphore(AT_ONCE))
        async with turns:
            return await self._password(login, password, address)

    async def _password(self, login: str, password: Secret, address: str | None) -> FirstFactor:
        known, usable = await self._db.read(_find, login)
        right = await self._hasher.verify(known.password_hash if known and usable else None, password)
        rehashed = None
        if known is not None and right and self._hasher.outdated(known.password_hash):
            rehashed = await self._hasher.hash(password)
        tried = right if usable else None
        return _or_raise(await self._db.write(_settle_password, known, tried, rehashed, address))

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn:
        """The code of an authenticator app or a recovery code; any code where none is needed (AUTH-03, 04, 11).

        Raises Unauthenticated (wrong or used code), RateLimited (locked), Forbidden (a factor or a new password is
        still to be set, or the account was locked meanwhile).
        """
        return _or_raise(await self._db.write(self._settle_code, first, code, address))

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
        settled = await self._db.write(_settle_key, key, both_factors, address)
        if isinstance(settled, LocumError):
            raise settled
        return settled

    async def start_enrolment(self, first: FirstFactor, *, address: str | None) -> mfa.Enrolment:
        """A TOTP secret to confirm (AUTH-10). Raises Conflict if a factor is enrolled, Forbidden if locked."""

        def start(tx: Tx) -> mfa.Enrolment:
            login = _past_password(tx, first.identity_id)
            return mfa.start(tx, self._vault, Actor(login.identity_id, login.name, address), login)

        return await self._db.write(start)

    async def confirm_enrolment(self, first: FirstFactor, code: str, *, address: str | None) -> Enrolled:
        """Enrol the started secret and complete the sign-in. Wrong codes count towards the lock.

        Raises Unauthenticated (wrong code), RateLimited (locked), Conflict (nothing to confirm), Forbidden.
        """
        return _or_raise(await self._db.write(self._settle_confirmation, first.identity_id, code, address))

    async def change_password(
        self, identity_id: UUID, old: Secret, new: Secret, *, forced: bool, address: str | None
    ) -> str:
        """Replace one's own password, the old one being the proof, and end every token but the one answered (AUTH-21).

        `forced`: the change that a sign-in is waiting for; the token answered is then good for the second factor.
        Raises Unauthenticated (wrong old password), Invalid (the new one), Forbidden, RateLimited.
        """
        check_new(new, field="passwordNew")
        if new == old:
            raise Invalid("the new password must differ from the old one", field="passwordNew")
        known = await self._db.read(_usable, identity_id)
        right = await self._hasher.verify(known.password_hash, old)
        hashed = await self._hasher.hash(new) if right else None
        return _or_raise(await self._db.write(self._settle_change, known, hashed, forced, address))

    async def pending_token(self, first: FirstFactor) -> str:
        """The token of a sign-in that is not complete: good for its next step and nothing else (SEC-07)."""
        return await self._db.read(self.issue, first.identity_id, pending=_PENDING[first.needs])

    async def token(self, signed_in: SignedIn) -> str:
        """The token of a complete sign-in."""
        return await self._db.read(self.issue, signed_in.identity_id)

    def issue(self, tx: ReadTx, identity_id: UUID, *, pending: Pending | None = None, after: int = 0) -> str:
        """A token for somebody whose proof was checked. `after` = the end of the token it renews (AUTH-08).

        A lock after wrong tries does not stop a renewal: a stranger could end other people's sign-ins with it.
        """
        login = login_of(tx, identity_id)
        if login is None:
            raise Forbidden(_LOCAL_ONLY, missing="local user")
        subject = Subject(
            identity_id=identity_id,
            name=login.name,
            display_name=login.display_name,
            roles=roles_of(tx, identity_id),
            has_factor=login.totp_secret_id is not None,
            pending=pending,
        )
        return self._tokens.issue(subject, now=tx.now, after=after)

    def _settle_code(self, tx: Tx, first: FirstFactor, code: str, address: str | None) -> SignedIn | LocumError:
        login = _usable(tx, first.identity_id, hold=True)
        actor = Actor(login.identity_id, login.name, address)
        if first.ssh_key is not None:
            ssh_keys.used(tx, first.ssh_key)
        match _needs(tx, login):
            case "password_change":
                return Forbidden(CHANGE_FIRST, missing="password_change")
            case "enrol":
                return Forbidden(ENROL_FIRST, missing="enrolment")
            case "none":
                return _complete(tx, login, actor, first.ssh_key)
        outcome = mfa.check(tx, self._vault, self._digest, login, code)
        if outcome == "right":
            return _complete(tx, login, actor, first.ssh_key, code=True)
        if outcome == "used":
            _refused(tx, actor, "the code was used already")
            return Unauthenticated(USED_CODE)
        return _wrong_code(tx, login, actor)

    def _settle_confirmation(
        self, tx: Tx, identity_id: UUID, code: str, address: str | None
    ) -> Enrolled | LocumError:
        login = _past_password(tx, identity_id)
        actor = Actor(login.identity_id, login.name, address)
        codes = mfa.confirm(tx, self._vault, self._digest, actor, login, code)
        if codes == "wrong":
            return _wrong_code(tx, login, actor)
        return Enrolled(_complete(tx, login, actor, code=True), codes)

    def _settle_change(
        self, tx: Tx, known: Login, hashed: str | None, forced: bool, address: str | None
    ) -> str | LocumError:
        login = _usable(tx, known.identity_id, hold=True)
        actor = Actor(login.identity_id, login.name, address)
        if hashed is None or login.password_hash != known.password_hash:
            _refused(tx, actor, "wrong old password")
            lockout.count_wrong(tx, login.identity_id)
            return Unauthenticated("the old password is not right")
        if forced and not login.must_change:
            return Forbidden("no forced change of the password is waiting", missing="password_change")
        tx.run(
            sa.update(local_login)
            .where(local_login.c.identity_id == login.identity_id)
            .values(password_hash=hashed, changed_at=tx.now, must_change=False)
        )
        tx.run(
            sa.update(identity)
            .where(identity.c.id == login.identity_id)
            .values(tokens_valid_from=tx.now, modified_at=tx.now)
        )
        record(
            tx,
            actor,
            "password.changed",
            object_kind="identity",
            object_id=login.identity_id,
            detail={"forced": forced},
        )
        pending = _PENDING[_needs(tx, _usable(tx, login.identity_id))] if forced else None
        return self.issue(tx, login.identity_id, pending=pending)


def _find(tx: ReadTx, name: str) -> tuple[Login | None, bool]:
    """The local user of that name, and whether their password may be tried now."""
    login = login_named(tx, name)
    return login, login is not None and login.refusal(tx.now) is None


def _usable(tx: ReadTx, identity_id: UUID, *, hold: bool = False) -> Login:
    """The local user, fit to sign in. With `hold` (needs a Tx) tries are settled one after the other."""
    login = login_of(tx, identity_id, hold=hold)
    if login is None:
        raise Forbidden(_LOCAL_ONLY, missing="local user")
    if login.locked_until is not None and login.locked_until > tx.now:
        left = login.locked_until - tx.now
        raise RateLimited(
            "too many wrong tries have locked the account for a while", retry_after=int(left.total_seconds()) + 1
        )
    if login.refusal(tx.now) is not None:
        raise Forbidden("the account is locked or has expired", missing="unlocked account")
    return login


def _past_password(tx: Tx, identity_id: UUID) -> Login:
    login = _usable(tx, identity_id, hold=True)
    if login.must_change:
        raise Forbidden(CHANGE_FIRST, missing="password_change")
    return login


def _settle_password(
    tx: Tx, known: Login | None, right: bool | None, rehashed: str | None, address: str | None
) -> FirstFactor | LocumError:
    """`right` None: the password was not tried, because the account could not be used."""
    login = login_of(tx, known.identity_id, hold=True) if known else None
    if known is None or login is None:
        _refused(tx, Actor(None, "unknown", address), "unknown name")
        return Unauthenticated(REFUSED)
    actor = Actor(login.identity_id, login.name, address)
    reason = login.refusal(tx.now)
    if reason is not None or right is None or login.password_hash != known.password_hash:
        _refused(tx, actor, reason or "the account changed meanwhile")
        return Unauthenticated(REFUSED)
    if not right:
        lockout.count_wrong(tx, login.identity_id)
        _refused(tx, actor, "wrong password")
        return Unauthenticated(REFUSED)
    if rehashed is not None:
        tx.run(
            sa.update(local_login)
            .where(local_login.c.identity_id == login.identity_id)
            .values(password_hash=rehashed)
        )
    record(tx, actor, "signin.password", object_kind="identity", object_id=login.identity_id)
    return FirstFactor(login.identity_id, login.name, _needs(tx, login))


def _needs(tx: ReadTx, login: Login) -> Needs:
    """What is left after the password. The person's own setting comes before the installation's (AUTH-13)."""
    if login.must_change:
        return "password_change"
    if login.second_factor is SecondFactor.NOT_REQUIRED:
        return "none"
    if login.totp_secret_id is not None:
        return "totp"
    if login.second_factor is SecondFactor.REQUIRED:
        return "enrol"
    return "enrol" if user_mfa(tx) == "required" else "none"


def _settle_key(
    tx: Tx, key: SshKey, both_factors: bool, address: str | None
) -> FirstFactor | SignedIn | LocumError:
    login = login_of(tx, key.identity_id, hold=True)
    ssh_keys.used(tx, key)
    if login is None:
        return Unauthenticated(REFUSED)
    actor = Actor(login.identity_id, login.name, address)
    reason = msgspec.structs.replace(login, locked_until=None).refusal(tx.now)
    if reason is not None:
        _refused(tx, actor, reason)
        return Forbidden("the account is locked or has expired", missing="unlocked account")
    detail = {"fingerprint": key.fingerprint}
    record(tx, actor, "signin.ssh_key", object_kind="identity", object_id=login.identity_id, detail=detail)
    needs = _needs(tx, login)
    if needs == "none" or (needs == "totp" and both_factors):
        return _complete(tx, login, actor, key, code_spared=needs == "totp")
    return FirstFactor(login.identity_id, login.name, needs, key)


def _complete(
    tx: Tx, login: Login, actor: Actor, key: SshKey | None = None, *, code: bool = False, code_spared: bool = False
) -> SignedIn:
    """`key` stood for the password. Alone it says nothing about wrong passwords, and leaves their lock in place."""
    proof = Proof.PASSWORD if key is None else key.proof
    if key is None or code:
        lockout.clear(tx, login.identity_id)
    tx.run(sa.update(identity).where(identity.c.id == login.identity_id).values(last_sign_in_at=tx.now))
    detail = {"by": f"{proof}, code" if code else str(proof)}
    record(tx, actor, "signin.completed", object_kind="identity", object_id=login.identity_id, detail=detail)
    return SignedIn(login.identity_id, login.name, proof, code_spared)


def _wrong_code(tx: Tx, login: Login, actor: Actor) -> LocumError:
    _refused(tx, actor, "wrong code")
    until = lockout.count_wrong(tx, login.identity_id)
    if until is None:
        return Unauthenticated(WRONG_CODE)
    return RateLimited(
        f"{WRONG_CODE}, and the account is locked for a while",
        retry_after=int((until - tx.now).total_seconds()) + 1,
    )


def _refused(tx: Tx, actor: Actor, reason: str) -> None:
    record(
        tx,
        actor,
        "signin.refused",
        object_kind="identity",
        object_id=actor.id,
        outcome="refused",
        detail={"reason": reason},
    )


def _or_raise(settled: T | LocumError) -> T:
    if isinstance(settled, LocumError):
        raise settled
    return settled
