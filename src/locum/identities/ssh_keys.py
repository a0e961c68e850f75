"""SSH public keys that people have registered to sign in with at the SSH gateway.

A key stays until it is removed, or it belongs to a complete sign-in and is good for as long as that one (decision
0019): `locum login` makes such a key, which proves what the sign-in proved.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit.log import record
from locum.identities.model import identity, sign_in, ssh_key
from locum.identities.normalise import normalise
from locum.identities.people import get, login_of
from locum.identities.ssh_public_key import SECURITY_KEYS, parse
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from locum.kit.ids import new_id

MOST = 50
UNKNOWN = "there is no SSH key with this id"
_LONGEST_NAME = 256


class Proof(StrEnum):
    """What a sign-in began with. A security key is an SSH key in a FIDO2 device, which signs only when touched; the key
    of a sign-in ends with it."""

    PASSWORD = "password"
    SSH_KEY = "ssh_key"
    SECURITY_KEY = "security_key"
    SIGN_IN_KEY = "sign_in_key"


class SshKey(msgspec.Struct, frozen=True):
    """One registered key; `public_key` is the algorithm and the key, without a comment.

    `ends_at`: when the sign-in it belongs to is over at the latest; None for a key that stays.
    """

    id: UUID
    identity_id: UUID
    name: str
    algorithm: str
    public_key: str
    fingerprint: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    sign_in_id: UUID | None = None
    ends_at: dt.datetime | None = None

    @property
    def proof(self) -> Proof:
        """What a signature of this key proves."""
        if self.sign_in_id is not None:
            return Proof.SIGN_IN_KEY
        return Proof.SECURITY_KEY if self.algorithm in SECURITY_KEYS else Proof.SSH_KEY


_KEY = sa.select(
    *(ssh_key.c[name] for name in SshKey.__struct_fields__ if name != "ends_at"), sign_in.c.ends_at
).select_from(ssh_key.outerjoin(sign_in, sign_in.c.id == ssh_key.c.sign_in_id))


def _good(tx: ReadTx) -> sa.ColumnElement[bool]:
    """Of keys: those that stay, and those of sign-ins that have not ended."""
    of = sign_in.alias("of_key")
    ended = sa.or_(of.c.ended_at.is_not(None), of.c.ends_at <= tx.now)
    return ~sa.select(of.c.id).where(of.c.id == ssh_key.c.sign_in_id, ended).exists()


def register(
    tx: Tx, actor: Actor, identity_id: UUID, *, name: str, line: str, sign_in_id: UUID | None = None
) -> SshKey:
    """Add a key to those a local user signs in with. `line` is the content of a `.pub` file. With `sign_in_id` it is
    good for as long as that complete sign-in of theirs.

    Raises Forbidden for anybody else than a local user, Invalid for a name or key that is not accepted, Conflict for
    a key the person has already and where there are too many.
    """
    # The row is held, so that two keys added at once are counted one after the other.
    if login_of(tx, identity_id, hold=True) is None:
        raise Forbidden("only local users sign in with SSH keys", missing="local user")
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(f"a key needs a name of at most {_LONGEST_NAME} printable characters", field="name")
    key = parse(line, field="publicKey")
    tx.run(sa.delete(ssh_key).where(ssh_key.c.identity_id == identity_id, ~_good(tx)))
    held = keys_of(tx, identity_id)
    if any(one.fingerprint == key.fingerprint for one in held):
        raise Conflict(f"this key is registered already, as {key.fingerprint}")
    if len(held) >= MOST:
        raise Conflict(f"there are {MOST} keys already: remove one that is not used any more")
    added = new_id()
    try:
        tx.add(
            ssh_key,
            id=added,
            identity_id=identity_id,
            name=name,
            algorithm=key.algorithm,
            public_key=key.line,
            fingerprint=key.fingerprint,
            created_at=tx.now,
            created_by=actor.id,
            sign_in_id=sign_in_id,
        )
    except IntegrityError as error:
        raise Conflict(f"this key is registered already, as {key.fingerprint}") from error
    _audit(tx, actor, "ssh_key.added", identity_id, name, key.fingerprint)
    return one(tx, added)


def keys_of(tx: ReadTx, identity_id: UUID) -> list[SshKey]:
    """The keys of one person that are good now, by name."""
    mine = _KEY.where(ssh_key.c.identity_id == identity_id, _good(tx))
    return tx.rows(SshKey, mine.order_by(ssh_key.c.name, ssh_key.c.id))


def one(tx: ReadTx, key_id: UUID) -> SshKey:
    """One key. Raises NotFound."""
    found = tx.first(SshKey, _KEY.where(ssh_key.c.id == key_id))
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def remove(tx: Tx, actor: Actor, key_id: UUID) -> None:
    """Nobody signs in with this key any more. Raises NotFound."""
    key = one(tx, key_id)
    if not tx.run(sa.delete(ssh_key).where(ssh_key.c.id == key_id)):
        raise NotFound(UNKNOWN)
    _audit(tx, actor, "ssh_key.removed", key.identity_id, key.name, key.fingerprint)


def find(tx: ReadTx, name: str, line: str) -> SshKey | None:
    """The key `line` ("algorithm base64") of the person of that name, in any spelling. None if they have no such."""
    try:
        key = normalise(name)
    except Invalid:
        return None
    return tx.first(
        SshKey,
        _KEY.join(identity, identity.c.id == ssh_key.c.identity_id).where(
            identity.c.name_key == key,
            identity.c.deleted_at.is_(None),
            ssh_key.c.public_key == line,
            _good(tx),
        ),
    )


def used(tx: Tx, key: SshKey) -> None:
    """Note that the key was proven now. Raises Unauthenticated if it is not good any more."""
    mine = (ssh_key.c.id == key.id, ssh_key.c.identity_id == key.identity_id, _good(tx))
    if not tx.run(sa.update(ssh_key).where(*mine).values(last_used_at=tx.now)):
        raise Unauthenticated("this SSH key is not registered any more")


def _audit(tx: Tx, actor: Actor, action: str, identity_id: UUID, name: str, fingerprint: str) -> None:
    owner = get(tx, identity_id).name
    detail = {"identity": owner, "name": name, "fingerprint": fingerprint}
    record(tx, actor, action, object_kind="identity", object_id=identity_id, detail=detail)
