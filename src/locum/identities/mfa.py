"""Second factors: time-based codes (RFC 6238: SHA-1, 30 s, 6 digits) and recovery codes.

A time step is used once, and a recovery code is used once, each by one conditional UPDATE, so that of a hundred
concurrent replays one succeeds (SEC-05).
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import pyotp
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import policy, signins
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import Asked, choose
from locum.identities.model import Login, local_login, passkey, recovery_code
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

ISSUER = "Locum"
PURPOSE = "totp"
WINDOW = 1  # time steps a clock may be off, either way
RECOVERY_CODES = 10
ENROLLED = "a second factor is enrolled already"

_SECRET_BYTES = 20
_RECOVERY_BYTES = 10
_DIGITS = 6
_GROUP = 4

Outcome = Literal["right", "wrong", "used"]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the base32 key to type in, and the `otpauth://` URI for a QR code."""

    shared_key: Secret
    uri: Secret


@dataclass(frozen=True, slots=True)
class Factors:
    """What one person has besides the password, and whether they need it."""

    required: bool
    totp: bool
    passkeys: int
    recovery_codes_left: int


def asked(tx: ReadTx, login: Login) -> Asked:
    """Whether this person's sign-in asks for a second factor (AUTH-13). Nobody is in a group yet."""
    required = policy.load(tx).user_mfa == "required"
    return choose(own=login.second_factor, groups=(), required=required).asked


def required(tx: ReadTx, login: Login) -> bool:
    """Whether this person can't do without a second factor."""
    return asked(tx, login) is Asked.OWN


def factors(tx: ReadTx, login: Login) -> Factors:
    """What is enrolled, and how many recovery codes are left."""
    left = sa.select(sa.func.count()).where(
        recovery_code.c.identity_id == login.identity_id, recovery_code.c.used_at.is_(None)
    )
    return Factors(required(tx, login), login.totp_secret_id is not None, login.passkeys, int(tx.scalar(left)))


def start(tx: Tx, vault: Vault, actor: Actor, login: Login) -> Enrolment:
    """Make a new TOTP secret, which counts only once a code of it is confirmed (AUTH-10).

    Starting again replaces the secret that was waiting. Raises Conflict if a factor is enrolled already.
    """
    if login.has_factor:
        raise Conflict(ENROLLED)
    shared_key = Secret(base64.b32encode(secrets.token_bytes(_SECRET_BYTES)))
    if login.totp_pending_secret_id is not None:
        vault.erase(tx, login.totp_pending_secret_id)
    pending = vault.put(tx, shared_key, purpose=PURPOSE)
    _update(tx, login.identity_id, totp_pending_secret_id=pending)
    record(tx, actor, "second_factor.started", object_kind="identity", object_id=login.identity_id)
    uri = pyotp.TOTP(shared_key.reveal_text()).provisioning_uri(name=login.name, issuer_name=ISSUER)
    return Enrolment(shared_key, Secret(uri))


def confirm(
    tx: Tx, vault: Vault, digest: KeyedDigest, actor: Actor, login: Login, code: str
) -> list[Secret] | Literal["wrong"]:
    """Make the waiting secret the second factor if `code` is one of its codes; answers new recovery codes.

    The time step of the code is used up. Raises Conflict if no enrolment is waiting.
    """
    if login.has_factor or login.totp_pending_secret_id is None:
        raise Conflict("no enrolment of a second factor is waiting to be confirmed")
    secret = vault.open(tx, login.totp_pending_secret_id, purpose=PURPOSE)
    steps = matching_steps(secret, code, tx.now)
    if not steps:
        return "wrong"
    _update(
        tx,
        login.identity_id,
        totp_secret_id=login.totp_pending_secret_id,
        totp_pending_secret_id=None,
        totp_last_step=max(steps),
    )
    record(tx, actor, "second_factor.enrolled", object_kind="identity", object_id=login.identity_id)
    return new_recovery_codes(tx, digest, login.identity_id)


def enrol_at_once(
    tx: Tx, vault: Vault, digest: KeyedDigest, actor: Actor, login: Login
) -> tuple[Enrolment, list[Secret]]:
    """Enrol without a confirming code, for the administrator that `locum init` prints the secret of."""
    enrolment = start(tx, vault, actor, login)
    waiting = sa.select(local_login.c.totp_pending_secret_id).where(local_login.c.identity_id == login.identity_id)
    _update(tx, login.identity_id, totp_secret_id=tx.scalar(waiting), totp_pending_secret_id=None)
    record(tx, actor, "second_factor.enrolled", object_kind="identity", object_id=login.identity_id)
    return enrolment, new_recovery_codes(tx, digest, login.identity_id)


def reset(tx: Tx, vault: Vault, actor: Actor, login: Login) -> None:
    """Take a person's second factors away (ManagedAccount.ResetMfaAsync, AUTH-12), so that they must enrol again.

    For who lost a device, or has it in wrong hands: recovery codes and passkeys go too, and every sign-in ends. The
    secret that was waiting is forgotten, so that nobody can finish an enrolment begun before.
    """
    for secret_id in (login.totp_secret_id, login.totp_pending_secret_id):
        if secret_id is not None:
            vault.erase(tx, secret_id)
    _update(tx, login.identity_id, totp_secret_id=None, totp_pending_secret_id=None, totp_last_step=0)
    tx.run(sa.delete(recovery_code).where(recovery_code.c.identity_id == login.identity_id))
    tx.run(sa.delete(passkey).where(passkey.c.identity_id == login.identity_id))
    signins.end_all(tx, login.identity_id)
    record(
        tx,
        actor,
        "second_factor.reset",
        object_kind="identity",
        object_id=login.identity_id,
        detail={"name": login.name},
    )


def check(tx: Tx, vault: Vault, digest: KeyedDigest, login: Login, code: str) -> Outcome:
    """Try `code` against the enrolled factor. "used" = it was right once, and must not count as a guess.

    Whose only factor is a passkey has recovery codes too.
    """
    if login.totp_secret_id is not None:
        steps = matching_steps(vault.open(tx, login.totp_secret_id, purpose=PURPOSE), code, tx.now)
        if steps:
            return "right" if _use_step(tx, login.identity_id, max(steps)) else "used"
    return "right" if _use_recovery_code(tx, digest, login.identity_id, code) else "wrong"


def matching_steps(secret: Secret, code: str, now: dt.datetime) -> list[int]:
    """The time steps around `now` whose code is `code`, which may hold blanks. Compares in constant time."""
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return []
    totp = pyotp.TOTP(secret.reveal_text())
    current = totp.timecode(now.timestamp())
    return [
        step
        for step in range(current - WINDOW, current + WINDOW + 1)
        if secrets.compare_digest(totp.generate_otp(step), typed)
    ]


def new_recovery_codes(tx: Tx, digest: KeyedDigest, identity_id: UUID) -> list[Secret]:
    """Ten fresh codes of 80 random bits in place of all older ones. Only their digests stay here (AUTH-11)."""
    tx.run(sa.delete(recovery_code).where(recovery_code.c.identity_id == identity_id))
    plain = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    tx.add_all(
        recovery_code,
        [
            {"id": new_id(), "identity_id": identity_id, "digest": digest.of("recovery-code", code.encode())}
            for code in plain
        ],
    )
    return [Secret("-".join(code[i : i + _GROUP] for i in range(0, len(code), _GROUP))) for code in plain]


def _use_step(tx: Tx, identity_id: UUID, step: int) -> bool:
    return bool(
        tx.run(
            sa.update(local_login)
            .where(local_login.c.identity_id == identity_id, local_login.c.totp_last_step < step)
            .values(totp_last_step=step)
        )
    )


def _use_recovery_code(tx: Tx, digest: KeyedDigest, identity_id: UUID, code: str) -> bool:
    typed = "".join(code.split()).replace("-", "").upper()
    return bool(
        tx.run(
            sa.update(recovery_code)
            .where(
                recovery_code.c.identity_id == identity_id,
                recovery_code.c.digest == digest.of("recovery-code", typed.encode("utf-8", "replace")),
                recovery_code.c.used_at.is_(None),
            )
            .values(used_at=tx.now)
        )
    )


def _update(tx: Tx, identity_id: UUID, **values: object) -> None:
    tx.run(sa.update(local_login).where(local_login.c.identity_id == identity_id).values(**values))
