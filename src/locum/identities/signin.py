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

import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import lockout, mfa, policy, signins
from locum.identities.address_limit import AddressLimit
from locum.identities.caller import Pending
from locum.identities.digests import KeyedDigest
from locum.identities.model import Login, SecondFactor, identity, local_login
from locum.identities.passwords import PasswordHasher
from locum.identities.people import login_named, login_of
from locum.identities.token_issuer import Opened, TokenIssuer
from locum.identities.tokens import Tokens
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, LocumError, RateLimited, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault

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
    " POST /api/locum/v1/SecondFactor/Totp/Confirm with a code of it finishes the sign-in;"
    " or enrol a passkey, from POST /api/locum/v1/Passkey/Options on"
)
CHANGE_FIRST = (
    "the password must be changed first:"
    " PUT /api/v1/ManagedAccount/ChangeLocalUserPassword?forced=true with this token"
)
# Passwords of one address that are looked at together: enough to keep both hashing threads busy, and few enough that
# a stranger who sends thousands keeps nobody from elsewhere waiting.
AT_ONCE = 4
_LOCAL_ONLY = "only local users sign in; an application proves itself with its API key"

PENDING: dict[Needs, Pending] = {
    "none": "second_factor",
    "totp": "second_factor",
    "enrol": "enrolment",
    "password_change": "password_change",
}


@dataclass(frozen=True, slots=True)
class FirstFactor:
    """A right password, and what the sign-in needs next. "none": any code passes."""

    identity_id: UUID
    name: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A complete sign-in."""

    identity_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The sign-in that a confirmed enrolment completes, and the recovery codes, which are shown this once."""

    signed_in: SignedIn
    recovery_codes: list[Secret]


class SignIn:
    """Every step of signing in, with what they need of the installation."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        hasher: PasswordHasher,
        tokens: Tokens,
        digest: KeyedDigest,
        limit: AddressLimit | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._hasher = hasher
        self.issuer = TokenIssuer(tokens, vault, digest)
        self._digest = digest
        self.limit = limit or AddressLimit()
        self._turns: WeakValueDictionary[str | None, asyncio.Semaphore] = WeakValueDictionary()

    async def password(self, login: str, password: Secret, *, address: str | None) -> FirstFactor:
        """The first factor (AUTH-01, AUTH-09).

        Raises Unauthenticated, always in the same words, and RateLimited for an address that was refused too often.
        """
        turns = self._turns.setdefault(address, asyncio.Semaphore(AT_ONCE))
        async with turns:
            self.limit.check(address)
            try:
                return await self._password(login, password, address)
            except Unauthenticated:
                self.limit.refused(address)
                raise

    async def _password(self, login: str, password: Secret, address: str | None) -> FirstFactor:
        known, usable = await self._db.read(_find, login)
        right = await self._hasher.verify(known.password_hash if known and usable else None, password)
        rehashed = None
        if known is not None and right and self._hasher.outdated(known.password_hash):
            rehashed = await self._hasher.hash(password)
        tried = right if usable else None
        return or_raise(await self._db.write(_settle_password, known, tried, rehashed, address))

    async def second_factor(self, first: FirstFactor, code: str, *, address: str | None) -> SignedIn:
        """The code of an authenticator app or a recovery code; any code where none is needed (AUTH-03, 04, 11).

        Raises Unauthenticated (wrong or used code), RateLimited (locked), Forbidden (a factor or a new password is
        still to be set, or the account was locked meanwhile).
        """
        return or_raise(await self._db.write(self._settle_code, first.identity_id, code, address))

    async def start_enrolment(self, first: FirstFactor, *, address: str | None) -> mfa.Enrolment:
        """A TOTP secret to confirm (AUTH-10). Raises Conflict if a factor is enrolled, Forbidden if locked."""

        def start(tx: Tx) -> mfa.Enrolment:
            login = past_password(tx, first.identity_id)
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
        return await self._db.read(self.issuer.pending, first.identity_id, pending=PENDING[first.needs])

    async def open(
        self, signed_in: SignedIn, *, method: signins.Method, address: str | None, client: str | None
    ) -> Opened:
        """Write a complete sign-in down; answers its first token and its cookie."""
        return await self._db.write(
            self.issuer.open, signed_in.identity_id, method=method, address=address, client=client
        )

    def _settle_code(self, tx: Tx, identity_id: UUID, code: str, address: str | None) -> SignedIn | LocumError:
        login = usable(tx, identity_id, hold=True)
        actor = Actor(login.identity_id, login.name, address)
        match needs(tx, login):
            case "password_change":
                return Forbidden(CHANGE_FIRST, missing="password_change")
            case "enrol":
                return Forbidden(ENROL_FIRST, missing="enrolment")
            case "none":
                return _complete(tx, login, actor)
        return self._check_code(tx, login, actor, code) or _complete(tx, login, actor)

    def _check_code(self, tx: Tx, login: Login, actor: Actor, code: str) -> LocumError | None:
        """Use up the code, or count and record the wrong one; answers the refusal."""
        outcome = mfa.check(tx, self._vault, self._digest, login, code)
        if outcome == "right":
            return None
        if outcome == "used":
            refused(tx, actor, "the code was used already")
            return Unauthenticated(USED_CODE)
        return _wrong_code(tx, login, actor)

    def _settle_renewal(
        self, tx: Tx, identity_id: UUID, code: str, address: str | None
    ) -> list[Secret] | LocumError:
        login = usable(tx, identity_id, hold=True)
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
        login = past_password(tx, identity_id)
        actor = Actor(login.identity_id, login.name, address)
        codes = mfa.confirm(tx, self._vault, self._digest, actor, login, code)
        if codes == "wrong":
            return _wrong_code(tx, login, actor)
        return Enrolled(_complete(tx, login, actor), codes)


def _find(tx: ReadTx, name: str) -> tuple[Login | None, bool]:
    """The local user of that name, and whether their password may be tried now."""
    login = login_named(tx, name)
    return login, login is not None and login.refusal(tx.now) is None


def usable(tx: ReadTx, identity_id: UUID, *, hold: bool = False) -> Login:
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


def past_password(tx: Tx, identity_id: UUID) -> Login:
    """The local user whose right password counts now: not locked, no new password waiting. Held until commit."""
    login = usable(tx, identity_id, hold=True)
    if needs(tx, login) == "password_change":
        raise Forbidden(CHANGE_FIRST, missing="password_change")
    return login


def _settle_password(
    tx: Tx, known: Login | None, right: bool | None, rehashed: str | None, address: str | None
) -> FirstFactor | LocumError:
    """`right` None: the password was not tried, because the account could not be used."""
    login = login_of(tx, known.identity_id, hold=True) if known else None
    if known is None or login is None:
        refused(tx, Actor(None, "unknown", address), "unknown name")
        return Unauthenticated(REFUSED)
    actor = Actor(login.identity_id, login.name, address)
    reason = login.refusal(tx.now)
    if reason is not None or right is None or login.password_hash != known.password_hash:
        refused(tx, actor, reason or "the account changed meanwhile")
        return Unauthenticated(REFUSED)
    if not right:
        lockout.count_wrong(tx, login.identity_id)
        refused(tx, actor, "wrong password")
        return Unauthenticated(REFUSED)
    if rehashed is not None:
        tx.run(
            sa.update(local_login)
            .where(local_login.c.identity_id == login.identity_id)
            .values(password_hash=rehashed)
        )
    record(tx, actor, "signin.password", object_kind="identity", object_id=login.identity_id)
    return FirstFactor(login.identity_id, login.name, needs(tx, login))


def needs(tx: ReadTx, login: Login) -> Needs:
    """What is left after the password. The person's own setting comes before the installation's (AUTH-13)."""
    rules = policy.load(tx)
    if login.must_change or login.password_ended(tx.now, rules.password_days):
        return "password_change"
    if login.second_factor is SecondFactor.NOT_REQUIRED:
        return "none"
    if login.has_factor:
        return "totp"
    return "enrol" if mfa.required(tx, login) else "none"


def _complete(tx: Tx, login: Login, actor: Actor) -> SignedIn:
    lockout.clear(tx, login.identity_id)
    tx.run(sa.update(identity).where(identity.c.id == login.identity_id).values(last_sign_in_at=tx.now))
    record(tx, actor, "signin.completed", object_kind="identity", object_id=login.identity_id)
    return SignedIn(login.identity_id, login.name)


def complete_with_passkey(tx: Tx, login: Login, actor: Actor) -> SignedIn:
    """Complete the sign-in of somebody whose passkey was verified in this unit. Passkeys come in by this door only."""
    return _complete(tx, login, actor)


def _wrong_code(tx: Tx, login: Login, actor: Actor) -> LocumError:
    refused(tx, actor, "wrong code")
    until = lockout.count_wrong(tx, login.identity_id)
    if until is None:
        return Unauthenticated(WRONG_CODE)
    return RateLimited(
        f"{WRONG_CODE}, and the account is locked for a while",
        retry_after=int((until - tx.now).total_seconds()) + 1,
    )


def refused(tx: Tx, actor: Actor, reason: str) -> None:
    record(
        tx,
        actor,
        "signin.refused",
        object_kind="identity",
        object_id=actor.id,
        outcome="refused",
        detail={"reason": reason},
    )


def or_raise(settled: T | LocumError) -> T:
    if isinstance(settled, LocumError):
        raise settled
    return settled
