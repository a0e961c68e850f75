"""The passkeys that people have enrolled: keeping, naming and removing them. Signing in is in `passkey_signin`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit.log import record
from locum.identities import mfa
from locum.identities.model import Login, passkey
from locum.identities.normalise import spelling
from locum.identities.relying_party import Asserted, Credential
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id

MOST = 20  # a person

_UNKNOWN = "you have no passkey with this id"


class Passkey(msgspec.Struct, frozen=True):
    """A row of `passkey`."""

    id: UUID
    identity_id: UUID
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool
    created_at: dt.datetime
    last_used_at: dt.datetime | None


_ROWS = sa.select(*(passkey.c[name] for name in Passkey.__struct_fields__))


def of(tx: ReadTx, identity_id: UUID) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return tx.rows(Passkey, _ROWS.where(passkey.c.identity_id == identity_id).order_by(passkey.c.created_at))


def with_credential(tx: ReadTx, credential_id: bytes) -> Passkey | None:
    """The passkey of that credential, whoever has it."""
    return tx.first(Passkey, _ROWS.where(passkey.c.credential_id == credential_id))


def add(tx: Tx, actor: Actor, login: Login, name: str, credential: Credential) -> Passkey:
    """Keep a verified credential. `login` is held, so that nobody gets past the limit by haste.

    Raises Invalid for a name that can't be shown, Conflict if the credential is taken or there are 20 already.
    """
    if login.passkeys >= MOST:
        raise Conflict(f"there are {MOST} passkeys already: remove one first")
    row = Passkey(
        id=new_id(),
        identity_id=login.identity_id,
        name=spelling(name),
        credential_id=credential.credential_id,
        public_key=credential.public_key,
        sign_count=credential.sign_count,
        backed_up=credential.backed_up,
        created_at=tx.now,
        last_used_at=None,
    )
    try:
        tx.add(passkey, **msgspec.structs.asdict(row))
    except IntegrityError as error:
        raise Conflict("this passkey is enrolled already") from error
    _record(tx, actor, "passkey.enrolled", row.id, row.name)
    return row


def rename(tx: Tx, actor: Actor, passkey_id: UUID, name: str) -> None:
    """Give one's own passkey another name. Raises NotFound, Invalid."""
    shown = spelling(name)
    own = sa.update(passkey).where(passkey.c.id == passkey_id, passkey.c.identity_id == actor.id)
    if not tx.run(own.values(name=shown)):
        raise NotFound(_UNKNOWN)
    _record(tx, actor, "passkey.renamed", passkey_id, shown)


def remove(tx: Tx, actor: Actor, login: Login, passkey_id: UUID) -> None:
    """Remove one's own passkey. `login` is held. Raises NotFound, and Conflict for the last factor that is needed."""
    found = tx.first(Passkey, _ROWS.where(passkey.c.id == passkey_id, passkey.c.identity_id == login.identity_id))
    if found is None:
        raise NotFound(_UNKNOWN)
    if login.passkeys == 1 and login.totp_secret_id is None and mfa.required(tx, login):
        raise Conflict("this passkey is your only second factor, and you need one: enrol another passkey first")
    tx.run(sa.delete(passkey).where(passkey.c.id == passkey_id))
    _record(tx, actor, "passkey.removed", passkey_id, found.name)


def use(tx: Tx, found: Passkey, asserted: Asserted) -> bool:
    """Note a verified use; False if the counter did not go forward, which a copy of the passkey would explain.

    One conditional UPDATE, so that of two uses with one count the second fails. Authenticators that count nothing
    always say 0.
    """
    forward = passkey.c.sign_count < asserted.sign_count
    if asserted.sign_count == 0:
        forward = passkey.c.sign_count == 0
    return bool(
        tx.run(
            sa.update(passkey)
            .where(passkey.c.id == found.id, forward)
            .values(sign_count=asserted.sign_count, backed_up=asserted.backed_up, last_used_at=tx.now)
        )
    )


def _record(tx: Tx, actor: Actor, action: str, passkey_id: UUID, name: str) -> None:
    record(tx, actor, action, object_kind="passkey", object_id=passkey_id, detail={"name": name})
