"""Changes a credential: what is not given stays, a new secret is a new version of the one before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.credentials import secrets, ssh_key
from locum.credentials.add import (
    COLUMNS,
    TAKEN,
    check_platform,
    free_login,
    get_credential,
    key_columns,
    record,
    search_key,
)
from locum.credentials.elsewhere import rotation
from locum.credentials.members import checked
from locum.credentials.model import (
    AuthenticationMethod,
    Credential,
    Method,
    SecretKind,
    Verified,
    credential,
    managed_user,
)
from locum.credentials.secrets import Part
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.vault.secret import Secret
from locum.vault.store import Vault

_OWN = (
    "type",
    "platform_id",
    "authentication_method",
    "change_on_checkout",
    "change_on_release",
    "post_session",
    "generated_passphrase",
)
_TEXTS = ("name", "description", "elevation_command")
_MANAGED = sa.select(managed_user.c.id)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes different. None stays; of a text that may be missing, "" takes it away."""

    username: str | None = None
    domain: str | None = None
    name: str | None = None
    description: str | None = None
    elevation_command: str | None = None
    type: int | None = None
    platform_id: UUID | None = None
    authentication_method: int | None = None
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None
    post_session: int | None = None
    password: Secret | None = None
    private_key: ssh_key.SshKey | None = None
    passphrase: Secret | None = None
    enable_password: Secret | None = None
    generated_passphrase: bool | None = None


def held_credential(tx: Tx, credential_id: UUID) -> Credential:
    """The credential, its row held until commit. Raises NotFound for a deleted one too."""
    query = sa.select(*COLUMNS).where(credential.c.id == credential_id).with_for_update()
    found = tx.first(Credential, query)
    if found is None or found.deleted_at is not None:
        raise NotFound("no such credential")
    return found


def change_credential(
    tx: Tx, vault: Vault, actor: Actor, credential_id: UUID, change: Change, *, erase_password: bool = False
) -> Credential:
    """Change what is given; `erase_password` takes the password and its history away where no new one is given.

    Raises NotFound, Invalid, and Conflict for a taken login (CRED-01) and while a rotation is under way.
    """
    held = held_credential(tx, credential_id)
    check_platform(tx, change.platform_id)
    values = _columns(tx, held, change)
    fields = sorted(name for name, value in values.items() if value != getattr(held, name))
    key = _key(held, change)
    parts = {
        Part.PASSWORD: secrets.given(change.password),
        Part.PRIVATE_KEY: key.openssh() if key else None,
        Part.PASSPHRASE: secrets.given(change.passphrase) if key or held.private_key_secret_id else None,
        Part.ENABLE: secrets.given(change.enable_password),
    }
    if held.kind != SecretKind.LOGIN and any(parts.values()):
        raise Invalid("this credential is no login: it has no password and no key", field="password")
    kept: dict[str, Any] = secrets.keep(tx, vault, parts, held)
    if erase_password and parts[Part.PASSWORD] is None:
        kept |= secrets.erase(tx, vault, held, Part.PASSWORD)
    if kept or "login_key" in fields:
        _check_no_rotation(tx, credential_id)
    if "username" in fields and tx.scalar(_MANAGED.where(managed_user.c.credential_id == credential_id)):
        raise Conflict("the login is managed on a resource as the account of this name: unmanage it first")
    changed_secrets = sorted(column.removesuffix("_secret_id") for column in kept)
    if not fields and not changed_secrets:
        return held
    shown = [values.get(name, getattr(held, name)) for name in ("username", "domain", "name")]
    write(tx, credential_id, **values, **key_columns(key), **kept, search_key=search_key(*shown))
    if {"password", "private_key"} & set(changed_secrets):
        secret_set(tx, credential_id)
    changed = get_credential(tx, credential_id)
    named = [name for name in fields if name != "login_key"] + changed_secrets
    record(tx, actor, "credential.changed", changed, fields=", ".join(named))
    return changed


def set_key(
    tx: Tx,
    vault: Vault,
    actor: Actor,
    credential_id: UUID,
    key: ssh_key.SshKey,
    *,
    passphrase: Secret | None = None,
    method: int | None = None,
    generated_passphrase: bool = False,
) -> Credential:
    """Give a login an SSH key in place of the one it has. Raises as `change_credential` does.

    Without a method its password, if it has one, stays good beside the key.
    """
    held = held_credential(tx, credential_id)
    if held.private_key_secret_id is not None and passphrase is None:  # the one kept is the other key's
        write(tx, credential_id, **secrets.erase(tx, vault, held, Part.PASSPHRASE))
    beside = AuthenticationMethod.SSH_KEY_AND_PASSWORD if held.password_secret_id else AuthenticationMethod.SSH_KEY
    change = Change(
        authentication_method=method or beside,
        private_key=key,
        passphrase=passphrase,
        generated_passphrase=generated_passphrase,
    )
    return change_credential(tx, vault, actor, credential_id, change)


def set_change_on(
    tx: Tx, actor: Actor, ids: Collection[UUID], *, checkout: bool | None, release: bool | None
) -> None:
    """Whether secrets change when they are checked out and released (CRED-08); None stays. All of them or none."""
    wanted = checked(ids)
    values = {"change_on_checkout": checkout, "change_on_release": release}
    values = {name: value for name, value in values.items() if value is not None}
    mine = credential.c.id.in_(wanted), credential.c.deleted_at.is_(None)
    found = tx.rows(Credential, sa.select(*COLUMNS).where(*mine).order_by(credential.c.id))
    if len(found) < len(wanted):
        raise NotFound("no such credential")
    if not values:
        return
    tx.run(sa.update(credential).where(*mine).values(**values, modified_at=tx.now))
    for row in found:
        record(tx, actor, "credential.changed", row, fields=", ".join(values))


def write(tx: Tx, credential_id: UUID, **values: Any) -> None:
    """Set columns. Raises Conflict if another transaction took the login since the look-up."""
    try:
        tx.run(sa.update(credential).where(credential.c.id == credential_id).values(**values, modified_at=tx.now))
    except IntegrityError as error:
        raise Conflict(TAKEN) from error


def secret_set(tx: Tx, credential_id: UUID) -> None:
    """A secret was set by hand: whether the target has it is not known, so it is looked at soon."""
    tx.run(
        sa.update(managed_user)
        .where(managed_user.c.credential_id == credential_id, managed_user.c.method != Method.NOT_MANAGED)
        .values(
            status=Verified.UNSPECIFIED,
            last_changed_at=tx.now,
            next_verification_at=tx.now,
            last_error=None,
            modified_at=tx.now,
        )
    )


def _check_no_rotation(tx: Tx, credential_id: UUID) -> None:
    if tx.scalar(sa.select(rotation.c.id).where(rotation.c.open_credential_id == credential_id)) is not None:
        raise Conflict("a rotation of this credential is under way: wait for its end or abort it")


def _columns(tx: Tx, held: Credential, change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(change, name) for name in _OWN}
    values = {name: value for name, value in values.items() if value is not None}
    values |= {name: getattr(change, name) or None for name in _TEXTS if getattr(change, name) is not None}
    if change.username is not None or change.domain is not None:
        username = held.username if change.username is None else change.username
        domain = held.domain if change.domain is None else change.domain
        values |= free_login(tx, username, domain, but=held.id)
    return values


def _key(held: Credential, change: Change) -> ssh_key.SshKey | None:
    """A new key, if one is given. Raises Invalid where the method and what is kept would not fit together."""
    method = held.authentication_method if change.authentication_method is None else change.authentication_method
    given = change.private_key
    if method == AuthenticationMethod.PASSWORD:
        if given is not None:
            raise Invalid("privateKey goes with authenticationMethod 1 or 2", field="privateKey")
        return None
    if given is None and held.private_key_secret_id is None:
        raise Invalid("privateKey must not be empty", field="privateKey")
    password = held.password_secret_id or secrets.given(change.password)
    if method != AuthenticationMethod.SSH_KEY and password is None:
        raise Invalid("password must not be empty", field="password")
    # A key is written down differently each time: the one that is kept already would look like a new one.
    kept_already = held.private_key_secret_id is not None and given and given.public_line == held.public_key
    return None if kept_already else given
