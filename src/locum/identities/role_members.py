"""Who holds which role: built-in ones (ROLE-01, USER-07) and custom ones. Each change counts at the next request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import administrators, custom_roles
from locum.identities.caller import Role
from locum.identities.model import Kind, custom_role_member, identity, identity_role
from locum.identities.roles import BUILT_IN, BuiltIn
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.paging import Listed, Page, fetch

_UNKNOWN = "there is no account with this id"
MOST_AT_ONCE = 1000  # identities in one change


class Member(msgspec.Struct, frozen=True):
    """Somebody who holds a role."""

    id: UUID
    name: str
    kind: Kind


_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "membername": identity.c.name_key,
    "membertype": identity.c.kind,
    "shownname": identity.c.name,
}


def built_in(role_id: UUID) -> BuiltIn | None:
    """The built-in role with this id, if it is one."""
    return next((role for role in BUILT_IN if role.id == role_id), None)


def members(tx: ReadTx, role_id: UUID, page: Page) -> Listed[Member]:
    """One page of those who hold a role. Raises NotFound for an unknown one."""
    query = sa.select(identity.c.id, identity.c.name, identity.c.kind)
    query = query.where(identity.c.deleted_at.is_(None), identity.c.id.in_(_holders(tx, role_id)))
    searched = ["shownname", "membername"]
    return fetch(tx, Member, query, page, columns=_COLUMNS, tie=identity.c.id, searched=searched)


def held_by(tx: ReadTx, identity_id: UUID) -> set[UUID]:
    """The roles that an identity holds itself, not by a group. Raises NotFound for an unknown one."""
    live = sa.select(identity.c.id).where(identity.c.id == identity_id, identity.c.deleted_at.is_(None))
    if tx.scalar(live) is None:
        raise NotFound(_UNKNOWN)
    names = set(tx.scalars(sa.select(identity_role.c.role).where(identity_role.c.identity_id == identity_id)))
    member = custom_role_member.c
    custom = tx.scalars(sa.select(member.role_id).where(member.identity_id == identity_id))
    return {role.id for role in BUILT_IN if role.role in names} | set(custom)


def counts(tx: ReadTx) -> dict[UUID, int]:
    """How many hold each role that anybody holds: two statements."""

    def count(key: sa.ColumnElement[Any], holder: sa.ColumnElement[Any]) -> sa.Select[Any]:
        live = sa.select(key.label("key"), sa.func.count().label("count")).join(identity, identity.c.id == holder)
        return live.where(identity.c.deleted_at.is_(None)).group_by(key)

    named = {
        row.key: row.count for row in tx.rows(_Named, count(identity_role.c.role, identity_role.c.identity_id))
    }
    member = custom_role_member.c
    held = {row.key: row.count for row in tx.rows(_Counted, count(member.role_id, member.identity_id))}
    return {**held, **{role.id: named[role.role] for role in BUILT_IN if role.role in named}}


class _Named(msgspec.Struct, frozen=True):
    key: str
    count: int


class _Counted(msgspec.Struct, frozen=True):
    key: UUID
    count: int


def add(tx: Tx, actor: Actor, role_id: UUID, identity_ids: list[UUID]) -> int:
    """Give a role to some identities, or to none of them; answers how many did not hold it before.

    Raises NotFound for an unknown role or identity, Conflict for the role App, and Invalid for an application that
    would get a person's role.
    """
    role, name = _held(tx, role_id)
    found = _identities(tx, identity_ids)
    if role is not None and any(one.kind not in (Kind.LOCAL, Kind.DOMAIN_USER) for one in found):
        raise Invalid(f"only people can have the role {name}")
    fresh = _without(tx, role_id, found)
    for one in fresh:
        if role is None:
            tx.add(custom_role_member, role_id=role_id, identity_id=one.id)
            custom_roles.keep_in_step(tx, one.id)
        else:
            tx.add(identity_role, identity_id=one.id, role=role.role)
        _audit(tx, actor, "role.member_added", one, name)
    return len(fresh)


def remove(tx: Tx, actor: Actor, role_id: UUID, identity_ids: list[UUID]) -> int:
    """Take a role from some identities; answers how many held it.

    Raises NotFound for an unknown role or identity, and Conflict for the role App and where nobody would be left who
    can sign in as an administrator.
    """
    role, name = _held(tx, role_id)
    found = _identities(tx, identity_ids)
    fresh = {one.id for one in _without(tx, role_id, found)}
    holders = [one for one in found if one.id not in fresh]
    for one in holders:
        if role is None:
            member = custom_role_member.c
            gone = sa.delete(custom_role_member).where(member.role_id == role_id, member.identity_id == one.id)
            tx.run(gone)
            custom_roles.keep_in_step(tx, one.id)
        else:
            if role.role is Role.ADMIN:
                administrators.keep_one(tx, without=one.id)
            held = identity_role.c
            tx.run(sa.delete(identity_role).where(held.identity_id == one.id, held.role == role.role))
        _audit(tx, actor, "role.member_removed", one, name)
    return len(holders)


def _held(tx: Tx, role_id: UUID) -> tuple[BuiltIn | None, str]:
    """The role if it is built in, and its name. A custom role's row is held, always before those of identities."""
    role = built_in(role_id)
    if role is None:
        return None, custom_roles.get(tx, role_id, hold=True).name
    if role.role is Role.APP:
        raise Conflict("the role App belongs to applications: they have it from the start and can't lose it")
    return role, role.name


def _identities(tx: Tx, identity_ids: list[UUID]) -> list[Member]:
    """The identities, their rows held until commit: two changes of one's roles come one after the other."""
    wanted = set(identity_ids)
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"at most {MOST_AT_ONCE} can be changed at once")
    query = sa.select(identity.c.id, identity.c.name, identity.c.kind).order_by(identity.c.id)
    live = query.where(identity.c.id.in_(wanted), identity.c.deleted_at.is_(None))
    found = tx.rows(Member, live.with_for_update(key_share=True))
    if len(found) != len(wanted):
        raise NotFound(_UNKNOWN)
    return found


def _holders(tx: ReadTx, role_id: UUID) -> sa.Select[Any]:
    role = built_in(role_id)
    if role is None:
        custom_roles.get(tx, role_id)
        return sa.select(custom_role_member.c.identity_id).where(custom_role_member.c.role_id == role_id)
    return sa.select(identity_role.c.identity_id).where(identity_role.c.role == role.role)


def _without(tx: ReadTx, role_id: UUID, found: list[Member]) -> list[Member]:
    """Those who don't hold the role."""
    ids = [one.id for one in found]
    held = set(
        tx.scalars(
            sa.select(identity.c.id).where(identity.c.id.in_(ids), identity.c.id.in_(_holders(tx, role_id)))
        )
    )
    return [one for one in found if one.id not in held]


def _audit(tx: Tx, actor: Actor, action: str, one: Member, role: str) -> None:
    detail = {"role": role, "identity": one.name}
    record(tx, actor, action, object_kind="identity", object_id=one.id, detail=detail)
