"""What a try of a sign-in comes to, inside one transaction: refused and counted, on its way, or complete.

A wrong try is counted before the refusal goes out, so what settles a try returns its refusal; raising it there would
roll the count back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar
from uuid import UUID

import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import lockout, mfa, policy, ssh_keys
from locum.identities.caller import Pending
from locum.identities.factor_choice import Asked
from locum.identities.model import Login, identity, local_login
from locum.identities.people import login_of
from locum.identities.ssh_keys import Proof, SshKey
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, LocumError, RateLimited, Unauthenticated
from locum.vault.secret import Secret

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
_LOCAL_ONLY = "only local users sign in; an application proves itself with its API key"

PENDING: dict[Needs, Pending] = {
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
    connection profile says so: the gate looks again. `only_session`: the one session that it is good for at all."""

    identity_id: UUID
    name: str
    proof: Proof = Proof.PASSWORD
    code_spared: bool = False
    only_session: UUID | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The sign-in that a confirmed enrolment completes, and the recovery codes, which are shown this once."""

    signed_in: SignedIn
    recovery_codes: list[Secret]


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
    if login.barred(tx.now) is not None:
        raise Forbidden("the account is locked or has expired", missing="unlocked account")
    return login


def past_password(tx: Tx, identity_id: UUID) -> Login:
    """The local user whose right password counts now: not locked, no new password waiting. Held until commit."""
    login = usable(tx, identity_id, hold=True)
    if needs(tx, login) == "password_change":
        raise Forbidden(CHANGE_FIRST, missing="password_change")
    return login


def needs(tx: ReadTx, login: Login) -> Needs:
    """What is left after the password. The person's own setting comes before the installation's (AUTH-13)."""
    if login.must_change or login.password_ended(tx.now, policy.load(tx).password_days):
        return "password_change"
    asked = mfa.asked(tx, login)
    if asked is Asked.NOTHING:
        return "none"
    if login.has_factor:
        return "totp"
    return "enrol" if asked is Asked.OWN else "none"


def settle_password(
    tx: Tx, known: Login | None, right: bool | None, rehashed: str | None, address: str | None
) -> FirstFactor | LocumError:
    """`right` None: the password was not tried, because the account could not be used.

    `known` is the login as it was when the password was verified; `rehashed` the hash with today's costs.
    """
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


def settle_key(
    tx: Tx, key: SshKey, both_factors: bool, address: str | None
) -> FirstFactor | SignedIn | LocumError:
    """An SSH key whose signature was verified: the password's place, or with `both_factors` the code's as well."""
    login = login_of(tx, key.identity_id, hold=True)
    ssh_keys.used(tx, key)
    if login is None:
        return Unauthenticated(REFUSED)
    actor = Actor(login.identity_id, login.name, address)
    reason = login.barred(tx.now)
    if reason is not None:
        refused(tx, actor, reason)
        return Forbidden("the account is locked or has expired", missing="unlocked account")
    detail = {"fingerprint": key.fingerprint}
    record(tx, actor, "signin.ssh_key", object_kind="identity", object_id=login.identity_id, detail=detail)
    left = needs(tx, login)
    if left == "none" or (left == "totp" and both_factors):
        return complete(tx, login, actor, key, code_spared=left == "totp")
    return FirstFactor(login.identity_id, login.name, left, key)


def complete(
    tx: Tx, login: Login, actor: Actor, key: SshKey | None = None, *, code: bool = False, code_spared: bool = False
) -> SignedIn:
    """`key` stood for the password. Alone it says nothing about wrong passwords, and leaves their lock in place."""
    proof = Proof.PASSWORD if key is None else key.proof
    if key is None or code:
        lockout.clear(tx, login.identity_id)
    _signed_in(tx, login, actor, f"{proof}, code" if code else str(proof))
    return SignedIn(login.identity_id, login.name, proof, code_spared)


def complete_with_passkey(tx: Tx, login: Login, actor: Actor) -> SignedIn:
    """Complete the sign-in of somebody whose passkey was verified in this unit. Passkeys come in by this door only."""
    lockout.clear(tx, login.identity_id)
    _signed_in(tx, login, actor, "passkey")
    return SignedIn(login.identity_id, login.name)


def _signed_in(tx: Tx, login: Login, actor: Actor, by: str) -> None:
    tx.run(sa.update(identity).where(identity.c.id == login.identity_id).values(last_sign_in_at=tx.now))
    record(tx, actor, "signin.completed", object_kind="identity", object_id=login.identity_id, detail={"by": by})


def wrong_code(tx: Tx, login: Login, actor: Actor) -> LocumError:
    """Count a wrong code; the refusal says when it locked the account."""
    refused(tx, actor, "wrong code")
    until = lockout.count_wrong(tx, login.identity_id)
    if until is None:
        return Unauthenticated(WRONG_CODE)
    return RateLimited(
        f"{WRONG_CODE}, and the account is locked for a while",
        retry_after=int((until - tx.now).total_seconds()) + 1,
    )


def refused(tx: Tx, actor: Actor, reason: str) -> None:
    """The audit row of a refusal, with the reason that the stranger is not told."""
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
    """What a settled try came to; a refusal, which is committed by now, is raised."""
    if isinstance(settled, LocumError):
        raise settled
    return settled
