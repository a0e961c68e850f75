"""What policies join, and what they could join, as pages (POL-03): two statements each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import activity, activity_group
from locum.credentials.model import credential, credential_group, managed_user
from locum.identities.caller import Caller
from locum.identities.custom_roles import within
from locum.identities.model import GROUPS, Kind, identity
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx
from locum.kit.paging import Listed, Page, fetch
from locum.kit.permissions import Permission
from locum.policies.members import TIES
from locum.policies.model import (
    Policy,
    policy_activity,
    policy_activity_group,
    policy_credential,
    policy_credential_group,
    policy_identity,
    policy_resource,
    policy_resource_group,
)
from locum.reads import accounts
from locum.reads.accounts import AccountRow
from locum.resources.model import ResourceType, platform, resource, resource_group
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session


@dataclass(frozen=True, slots=True)
class Kinds:
    """Of some ids, those that are groups or collections."""

    groups: set[UUID]


class ActivityMember(msgspec.Struct, frozen=True):
    """An activity or a group of them."""

    id: UUID
    name: str
    description: str | None
    entity_type: int


class ResourceMember(msgspec.Struct, frozen=True):
    """A resource (a secret vault is one) or a group of them."""

    id: UUID
    name: str
    platform_id: UUID | None
    os: str | None
    dns_name: str | None
    type: int | None
    entity_type: int
    active_session_count: int


class CredentialMember(msgspec.Struct, frozen=True):
    """A credential, with the managed user it belongs to if there is one; or a group of them, which has a name alone."""

    id: UUID
    username: str | None
    name: str | None
    description: str | None
    domain: str | None
    user_id: UUID | None
    os: str | None
    entity_type: int
    active_session_count: int


def kinds_of(tx: ReadTx, ids: Collection[UUID]) -> Kinds:
    """Which of these identities stand for others."""
    if not ids:
        return Kinds(set())
    query = sa.select(identity.c.id).where(identity.c.id.in_(ids), identity.c.kind.in_(GROUPS))
    return Kinds(set(tx.scalars(query)))


class _User(msgspec.Struct, frozen=True):
    host_user_id: UUID
    credential_id: UUID


def credentials_of_host_users(tx: ReadTx, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The credential of each of these accounts on resources that has one."""
    if not ids:
        return {}
    c = managed_user.c
    query = sa.select(c.host_user_id, c.credential_id).where(c.host_user_id.in_(ids))
    return {row.host_user_id: row.credential_id for row in tx.rows(_User, query)}


def activities(
    tx: ReadTx, page: Page, held: Policy, *, kind: int | None, candidates: bool, caller: Caller
) -> Listed[ActivityMember]:
    """One page of a policy's activities and activity groups, or of those it could join, by name.

    `kind`: 0 activities alone, 1 groups alone. A custom role is shown as candidates what its bounds let it add.
    """
    ones = _narrowed("activities", policy_activity, activity, held, candidates, caller)
    groups = _narrowed("activity_groups", policy_activity_group, activity_group, held, candidates, caller)
    parts = []
    for number, (table, condition) in enumerate(((activity, ones), (activity_group, groups))):
        if kind in (None, number):
            own, entity_type = table.c, sa.literal(number, sa.Integer).label("entity_type")
            part = sa.select(own.id, own.name, own.name_key, own.description, entity_type)
            parts.append(part.where(condition))
    c = sa.union_all(*parts).subquery().c
    columns = {"name": c.name_key, "shownname": c.name, "description": c.description, "entitytype": c.entity_type}
    query = sa.select(*(c[name] for name in ActivityMember.__struct_fields__))
    tie = [c.name_key, c.entity_type]
    return fetch(tx, ActivityMember, query, page, columns=columns, tie=tie, searched=["shownname", "description"])


def resources(
    tx: ReadTx, page: Page, held: Policy, *, kind: int | None, candidates: bool, caller: Caller
) -> Listed[ResourceMember]:
    """As `activities`, of resources: `kind` 0 those that are no secret vault, 1 groups, 2 secret vaults."""
    vault = resource.c.type == ResourceType.SECRET_VAULT
    ones = sa.select(
        resource.c.id,
        resource.c.name,
        resource.c.name_key,
        resource.c.platform_id,
        platform.c.name.label("os"),
        resource.c.dns_name,
        resource.c.type,
        sa.case((vault, 2), else_=0).label("entity_type"),
    ).join(platform, platform.c.id == resource.c.platform_id)
    ones = ones.where(_narrowed("resources", policy_resource, resource, held, candidates, caller))
    g = resource_group.c
    nothing = [sa.type_coerce(sa.null(), kind_).label(name) for name, kind_ in _GROUP_LACKS]
    groups = sa.select(g.id, g.name, g.name_key, *nothing, sa.literal(1, sa.Integer).label("entity_type")).where(
        _narrowed("resource_groups", policy_resource_group, resource_group, held, candidates, caller)
    )
    parts = {
        None: [ones, groups],
        0: [ones.where(~vault)],
        1: [groups],
        2: [ones.where(vault)],
    }[kind]
    c = sa.union_all(*parts).subquery("member").c
    columns = {
        "name": c.name_key,
        "shownname": c.name,
        "dnshostname": c.dns_name,
        "os": c.os,
        "entitytype": c.entity_type,
    }
    query = sa.select(
        *(c[name] for name in ResourceMember.__struct_fields__ if name != "active_session_count"),
        _active(access_session.c.resource_id, c.id).label("active_session_count"),
    )
    searched = ["shownname", "dnshostname", "os"]
    return fetch(
        tx, ResourceMember, query, page, columns=columns, tie=[c.name_key, c.entity_type], searched=searched
    )


_GROUP_LACKS: tuple[tuple[str, Any], ...] = (
    ("platform_id", sa.Uuid),
    ("os", sa.String),
    ("dns_name", sa.String),
    ("type", sa.Integer),
)


def _active(of: sa.Column[Any], thing: sa.ColumnElement[UUID]) -> sa.ScalarSelect[Any]:
    """How many access sessions of that thing run."""
    query = sa.select(sa.func.count()).select_from(access_session)
    query = query.where(of == thing, access_session.c.status == Status.ACTIVE)
    return query.scalar_subquery()


def credentials(
    tx: ReadTx, page: Page, held: Policy, *, kind: int | None, candidates: bool, caller: Caller
) -> Listed[CredentialMember]:
    """As `activities`, of credentials: `kind` 0 all of them, 2 those of a managed user, 1 groups of them.

    An API key that is for listed credentials is shown no other, and no group.
    """
    condition = _narrowed("credentials", policy_credential, credential, held, candidates, caller)
    c = credential.c
    ones = (
        sa.select(
            c.id, c.username, c.name, c.description, c.domain, managed_user.c.host_user_id.label("user_id"),
            platform.c.name.label("os"), sa.literal(0, sa.Integer).label("entity_type"),
        )
        .select_from(credential)
        .outerjoin(managed_user, managed_user.c.credential_id == c.id)
        .outerjoin(platform, platform.c.id == c.platform_id)
        .where(condition, c.deleted_at.is_(None))
    )  # fmt: skip
    g, nothing = credential_group.c, sa.type_coerce(sa.null(), sa.String)
    groups = sa.select(
        g.id, nothing.label("username"), g.name, g.description, nothing.label("domain"),
        sa.type_coerce(sa.null(), sa.Uuid).label("user_id"), nothing.label("os"),
        sa.literal(1, sa.Integer).label("entity_type"),
    ).where(
        _narrowed("credential_groups", policy_credential_group, credential_group, held, candidates, caller)
    )  # fmt: skip
    if caller.key is not None and caller.key.credentials is not None:
        ones = ones.where(c.id.in_(sorted(caller.key.credentials)))
        groups = groups.where(sa.false())
    of_users = ones.where(managed_user.c.host_user_id.is_not(None))
    m = sa.union_all(*{None: [ones, groups], 0: [ones], 1: [groups], 2: [of_users]}[kind]).subquery("member").c
    columns: dict[str, sa.ColumnElement[Any]] = {
        "username": sa.func.coalesce(m.username, m.name),
        "name": m.name,
        "domain": m.domain,
        "description": m.description,
        "os": m.os,
        "entitytype": m.entity_type,
    }
    query = sa.select(
        *(m[name] for name in CredentialMember.__struct_fields__ if name != "active_session_count"),
        _active(access_session.c.credential_id, m.id).label("active_session_count"),
    )
    if page.order_by is None:
        page = Page(page.skip, page.take, "username", page.descending, page.filter_text)
    searched = ["username", "name", "domain", "description"]
    return fetch(tx, CredentialMember, query, page, columns=columns, tie=m.id, searched=searched)


def people(
    tx: ReadTx, page: Page, held: Policy, *, kind: Kind | None, candidates: bool, caller: Caller
) -> Listed[AccountRow]:
    """As `activities`, of people, applications, groups and collections."""
    condition = _narrowed("identities", policy_identity, identity, held, candidates, caller)
    if page.order_by is None:
        page = Page(page.skip, page.take, "name", page.descending, page.filter_text)
    return accounts.search(tx, page, kind=kind, condition=condition)


class _Thing(msgspec.Struct, frozen=True):
    id: UUID
    name: str


def lookup(tx: ReadTx, held: Policy, field: str, caller: Caller) -> dict[UUID, str]:
    """The names of a policy's members of one kind (a field of Members), by id."""
    tie = TIES[field]
    query = sa.select(tie.things.c.id, tie.name.label("name")).join(
        tie.joins, tie.joins.c.member_id == tie.things.c.id
    )
    query = query.where(tie.joins.c.policy_id == held.id, tie.live)
    if field == "credentials" and caller.key is not None and caller.key.credentials is not None:
        query = query.where(tie.things.c.id.in_(sorted(caller.key.credentials)))
    return {row.id: row.name for row in tx.rows(_Thing, query.order_by(tie.name))}


def count(tx: ReadTx, held: Policy, field: str) -> int:
    """How many members of one kind a policy has."""
    joins = TIES[field].joins
    query = sa.select(sa.func.count()).select_from(joins).where(joins.c.policy_id == held.id)
    return int(tx.scalar(query))


def _narrowed(
    field: str, joins: sa.Table, things: sa.Table, held: Policy, candidates: bool, caller: Caller
) -> sa.ColumnElement[bool]:
    """The condition for what is in the policy; or, as candidates, what is not, may be, and the caller may add."""
    inside = things.c.id.in_(sa.select(joins.c.member_id).where(joins.c.policy_id == held.id))
    if not candidates:
        return inside
    tie = TIES[field]
    allowed = sa.true() if things is identity else tie.allowed(held.type)
    scope: dict[ScopeKind, sa.ColumnElement[Any]] = {tie.scope: things.c.id, ScopeKind.POLICY: sa.literal(held.id)}
    mine = sa.or_(*(within(caller, p, scope) for p in (Permission.POLICIES_POLICY_MODIFY, tie.permission)))
    return sa.and_(~inside, allowed, mine)
