"""The administrator that `locum init` makes, and the expiring one that `locum recover` makes."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from locum.audit import log as audit
from locum.identities import digests, mfa, policy
from locum.identities.caller import Role
from locum.identities.digests import KeyedDigest
from locum.identities.factor_choice import SecondFactor
from locum.identities.model import identity, identity_role, signin_setting
from locum.identities.password_rules import check_new
from locum.identities.passwords import PasswordHasher
from locum.identities.people import create_local_user, login_of
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.files import replace_file
from locum.vault import system_keys
from locum.vault.secret import Secret
from locum.vault.store import Vault

RECOVERY_FILE = "recovery.key"
_RECOVERY_DIGEST = "recovery_digest"  # a row of signin_setting
_SEED = Actor(None, "locum init")


@dataclass(frozen=True, slots=True)
class Made:
    """What is shown once: the URI for the authenticator app (None without a factor), recovery codes."""

    totp_uri: str | None
    recovery_codes: list[str]


@dataclass(frozen=True, slots=True)
class Recovered:
    """The expiring administrator, and the key for the next time."""

    name: str
    password: Secret
    expires_at: dt.datetime
    next_key: Secret


def create(
    tx: Tx,
    vault: Vault,
    *,
    name: str,
    password: Secret,
    with_totp: bool,
    user_mfa: Literal["required", "optional"],
    recovery_key: Secret,
) -> Made:
    """Make the first administrator and the installation's sign-in settings. Raises Invalid for a bad password."""
    check_new(password, policy.SignInPolicy(), personal=[name], field="--admin-password-file")
    hasher = PasswordHasher()
    made = create_local_user(
        tx,
        _SEED,
        name=name,
        password_hash=hasher.hash_now(password),
        roles=frozenset({Role.ADMIN, Role.USER}),
        second_factor=SecondFactor.REQUIRED if with_totp else SecondFactor.NOT_REQUIRED,
    )
    hasher.close()
    policy.set_user_mfa(tx, user_mfa)
    digest = _digest(tx, vault)
    _remember(tx, digest, recovery_key)
    if not with_totp:
        return Made(None, [])
    login = login_of(tx, made.id)
    assert login is not None
    enrolment, codes = mfa.enrol_at_once(tx, vault, digest, _SEED, login)
    return Made(enrolment.uri.reveal_text(), [code.reveal_text() for code in codes])


def administrators(tx: ReadTx) -> list[str]:
    """The names of all administrators, the oldest first."""
    names = tx.scalars(
        sa.select(identity.c.name)
        .join(identity_role, identity_role.c.identity_id == identity.c.id)
        .where(identity_role.c.role == Role.ADMIN)
        .order_by(identity.c.created_at, identity.c.id)
    )
    return [str(name) for name in names]


def recover(tx: Tx, vault: Vault, actor: Actor, *, key: Secret, minutes: int) -> Recovered:
    """Exchange the recovery key for an administrator that expires after `minutes` (SEC-14).

    The key is used up; the next one is in the answer. Raises Forbidden for a wrong key.
    """
    digest = _digest(tx, vault)
    held = tx.scalar(sa.select(signin_setting.c.value).where(signin_setting.c.name == _RECOVERY_DIGEST))
    shown = digest.of("recovery-key", key.reveal()).hex()
    if held is None or not hmac.compare_digest(str(held), shown):
        raise Forbidden("this is not the recovery key of this installation", missing="recovery key")
    password, next_key = Secret(secrets.token_urlsafe(18)), new_recovery_key()
    hasher = PasswordHasher()
    expires_at = tx.now + dt.timedelta(minutes=minutes)
    made = create_local_user(
        tx,
        actor,
        name=f"recovery-{tx.now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        password_hash=hasher.hash_now(password),
        roles=frozenset({Role.ADMIN, Role.USER}),
        second_factor=SecondFactor.NOT_REQUIRED,
        expires_at=expires_at,
    )
    hasher.close()
    _remember(tx, digest, next_key)
    audit.record(
        tx,
        actor,
        "administrator.recovered",
        object_kind="identity",
        object_id=made.id,
        detail={"name": made.name, "minutes": minutes},
    )
    return Recovered(made.name, password, expires_at, next_key)


def new_recovery_key() -> Secret:
    """256 random bits as text."""
    return Secret(f"locum-recovery-{secrets.token_hex(32)}")


def write_recovery_key(folder: Path, key: Secret) -> None:
    """Write DIR/keys/recovery.key (0600), to be moved offline by the operator."""
    replace_file(folder / RECOVERY_FILE, key.reveal() + b"\n", mode=0o600)


def _digest(tx: ReadTx, vault: Vault) -> KeyedDigest:
    return KeyedDigest(system_keys.load(tx, vault, digests.SYSTEM_KEY))


def _remember(tx: Tx, digest: KeyedDigest, key: Secret) -> None:
    tx.run(sa.delete(signin_setting).where(signin_setting.c.name == _RECOVERY_DIGEST))
    tx.add(signin_setting, name=_RECOVERY_DIGEST, value=digest.of("recovery-key", key.reveal()).hex())
