"""Local users: making one, and finding the way one signs in."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict, Unpack
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit.log import record
from locum.identities.caller import Role
from locum.identities.factor_choice import SecondFactor
from locum.identities.membership import role_by_group
from locum.identities.model import (
    LOGIN,
    Identity,
    Kind,
    Login,
    identity,
    identity_member,
    identity_role,
    local_login,
)
from locum.identities.normalise import normalise, spelling
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.ids import new_id

_TAKEN = "there is an account of that name already"
_KIND_WORDS = {Kind.LOCAL: "local user", Kind.APPLICATION: "application"}


class OtherNames(TypedDict, total=False):
    """What an identity is called besides its name; login templates may use each (USER-06)."""

    display_name: str | None
    email: str | None
    department: str | None
    user_principal_name: str | None
    sam_account_name: str | None


class NameAndId(msgspec.Struct, frozen=True):
    """One entry of a list to choose from."""

    id: UUID
    name: str


def create_local_user(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    password_hash: str,
    must_change: bool = False,
    roles: frozenset[Role] = frozenset({Role.USER}),
    second_factor: SecondFactor | None = None,
    expires_at: dt.datetime | None = None,
    **names: Unpack[OtherNames],
) -> Identity:
    """Make a person who signs in with a password that Locum keeps (ManagedAccount.CreateLocalUserAsync, AUTH-21).

    `password_hash` comes from `PasswordHasher`, after `passwords.check_new`. Raises Invalid for a name that is
    taken, in any spelling, or that can't be one.
    """
    made = add_identity(
        tx,
        Kind.LOCAL,
        name=name,
        roles=roles,
        expires_at=expires_at,
        **names,
    )
    tx.add(
        local_login,
        identity_id=made.id,
        password_hash=password_hash,
        changed_at=tx.now,
        must_change=must_change,
        failed_attempts=0,
        second_factor=second_factor,
        totp_last_step=0,
    )
    record(
        tx,
        actor,
        "local_user.created",
        object_kind="identity",
        object_id=made.id,
        detail={"name": made.name, "roles": ", ".join(sorted(roles)), "must_change": must_change},
    )
    return made


def add_identity(tx: Tx, kind: Kind, *, name: str, roles: frozenset[Role], **columns: object) -> Identity:
    """Insert the rows every kind of identity has. Raises Invalid for a name that is taken or can't be one."""
    key = normalise(name)
    if tx.scalar(sa.select(identity.c.id).where(identity.c.name_key == key)) is not None:
        raise Invalid(_TAKEN, field="name")
    row = {
        "id": new_id(),
        "kind": kind,
        "name": spelling(name),
        "name_key": key,
        "locked": False,
        "created_at": tx.now,
        "modified_at": tx.now,
        "tokens_valid_from": tx.now,
        **columns,
    }
    try:
        tx.add(identity, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Invalid(_TAKEN, field="name") from error
    tx.add_all(identity_role, [{"identity_id": row["id"], "role": role} for role in sorted(roles)])
    return get(tx, row["id"])  # type: ignore[arg-type]


def get(tx: ReadTx, identity_id: UUID, *, hold: bool = False) -> Identity:
    """One identity, with `hold` its row held until commit. Raises NotFound."""
    columns = (identity.c[name] for name in Identity.__struct_fields__)
    one = sa.select(*columns).where(identity.c.id == identity_id, identity.c.deleted_at.is_(None))
    found = tx.first(Identity, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no account with this id")
    return found


def update(
    tx: Tx,
    actor: Actor,
    identity_id: UUID,
    kind: Kind,
    *,
    name: str,
    **columns: str | None,
) -> None:
    """Set the name and other `columns` of a local user or an application (USER-06); `kind` says which it must be.

    Raises NotFound for an unknown id, and for one of another kind; Invalid for a name that is taken or can't be one.
    """
    before = get(tx, identity_id, hold=True)
    if before.kind is not kind:
        raise NotFound(f"there is no {_KIND_WORDS[kind]} with this id")
    key = normalise(name)
    taken = sa.select(identity.c.id).where(identity.c.name_key == key, identity.c.id != identity_id)
    if tx.scalar(taken) is not None:
        raise Invalid(_TAKEN, field="name")
    changed = (
        sa.update(identity)
        .where(identity.c.id == identity_id)
        .values(
            name=spelling(name),
            name_key=key,
            modified_at=tx.now,
            **columns,
        )
    )
    try:
        tx.run(changed)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Invalid(_TAKEN, field="name") from error
    record(
        tx,
        actor,
        "identity.changed",
        object_kind="identity",
        object_id=identity_id,
        detail={"name": spelling(name), "before": before.name},
    )


def require_factor(tx: Tx, actor: Actor, identity_id: UUID, factor: SecondFactor | None) -> None:
    """Say whether one person needs a second factor; None leaves it to the installation's rule (AUTH-04, 13).

    Raises NotFound, and Invalid for who is no local user.
    """
    name = local(tx, identity_id).name
    tx.run(sa.update(local_login).where(local_login.c.identity_id == identity_id).values(second_factor=factor))
    record(
        tx,
        actor,
        "second_factor.required",
        object_kind="identity",
        object_id=identity_id,
        detail={"name": name, "state": factor or "default"},
    )


def local(tx: ReadTx, identity_id: UUID) -> Login:
    """The local user of that id. Raises NotFound, and Invalid for an identity of another kind."""
    get(tx, identity_id)
    login = login_of(tx, identity_id)
    if login is None:
        raise Invalid("this account is no local user")
    return login


def names(tx: ReadTx, kind: Kind) -> list[NameAndId]:
    """All identities of a kind by name: a bare list, as the contract has it for choosing from."""
    rows = sa.select(identity.c.id, identity.c.name).where(
        identity.c.kind == kind, identity.c.deleted_at.is_(None)
    )
    return tx.rows(NameAndId, rows.order_by(identity.c.name_key))


def same_name(one: str, other: str) -> bool:
    """Whether both spell the name of one identity. A text that can't be a name spells nobody's."""
    try:
        return normalise(one) == normalise(other)
    except Invalid:
        return False


def named(tx: ReadTx, name: str, kind: Kind) -> Identity | None:
    """The identity of that kind and name, in any spelling; None for nobody, and for a name that can't be."""
    try:
        key = normalise(name)
    except Invalid:
        return None
    columns = (identity.c[name] for name in Identity.__struct_fields__)
    one = sa.select(*columns).where(identity.c.name_key == key, identity.c.kind == kind)
    return tx.first(Identity, one.where(identity.c.deleted_at.is_(None)))


def login_named(tx: ReadTx, name: str) -> Login | None:
    """How the local user of that name, in any spelling, signs in. None for nobody, and for a name that can't be."""
    try:
        key = normalise(name)
    except Invalid:
        return None
    return tx.first(Login, LOGIN.where(identity.c.name_key == key))


def login_of(tx: ReadTx, identity_id: UUID, *, hold: bool = False) -> Login | None:
    """How that local user signs in; with `hold` (needs a Tx) the row is held until commit. None for anyone else."""
    if hold:  # in a statement of its own: one that waited would count the passkeys there were before its wait
        row = sa.select(local_login.c.identity_id).where(local_login.c.identity_id == identity_id)
        tx.scalar(row.with_for_update())
    return tx.first(Login, LOGIN.where(identity.c.id == identity_id))


def roles_of(tx: ReadTx, identity_id: UUID) -> frozenset[Role]:
    """The roles an identity holds, UserPlus also by its groups and collections: one statement."""
    held = sa.select(identity_role.c.role).where(identity_role.c.identity_id == identity_id)
    by_group = sa.select(sa.literal(Role.USER_PLUS.value)).select_from(identity)
    by_group = by_group.where(identity.c.id == identity_id, role_by_group(identity.c.id))
    return frozenset(Role(role) for role in tx.scalars(sa.select(sa.union(held, by_group).subquery().c.role)))


def leave_groups(tx: Tx, identity_id: UUID) -> None:
    """Take an identity that goes out of every group and collection, and everything out of it if it is one."""
    c = identity_member.c
    tx.run(sa.delete(identity_member).where(sa.or_(c.member_id == identity_id, c.group_id == identity_id)))
