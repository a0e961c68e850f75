"""What belongs to a credential group or an override policy: thousands of things in a few statements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.credentials.elsewhere import resource
from locum.credentials.model import (
    credential,
    credential_group_member,
    override_credential,
    override_resource,
)
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.paging import Listed, Page, fetch

MOST_AT_ONCE = 5_000


class Member(msgspec.Struct, frozen=True):
    """A credential, by its user name, or a resource."""

    id: UUID
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Membership:
    """How members are tied to their owner: `owner` and `member` are columns of one table of pairs.

    `things` has what may be a member, with the columns of Member; `kind` names the owner and `detail` the member in
    the audit log.
    """

    owner: sa.Column[Any]
    member: sa.Column[Any]
    things: sa.Subquery
    kind: str
    detail: str


_CREDENTIALS = (
    sa.select(credential.c.id, credential.c.username.label("name"), credential.c.domain)
    .where(credential.c.deleted_at.is_(None))
    .subquery()
)
_RESOURCES = sa.select(resource.c.id, resource.c.name, sa.literal("").label("domain")).subquery()

OF_GROUP = Membership(
    credential_group_member.c.group_id,
    credential_group_member.c.credential_id,
    _CREDENTIALS,
    "credential_group",
    "username",
)
CREDENTIALS_OF_OVERRIDE = Membership(
    override_credential.c.override_id,
    override_credential.c.credential_id,
    _CREDENTIALS,
    "override_policy",
    "username",
)
RESOURCES_OF_OVERRIDE = Membership(
    override_resource.c.override_id, override_resource.c.resource_id, _RESOURCES, "override_policy", "resource"
)


def members(tx: ReadTx, tie: Membership, owner_id: UUID, page: Page) -> Listed[Member]:
    """One page of what belongs to the owner."""
    c = tie.things.c
    query = sa.select(c.id, c.name, c.domain).join(tie.member.table, tie.member == c.id)
    columns: dict[str, sa.ColumnElement[Any]] = {"name": c.name, "domain": c.domain}
    query = query.where(tie.owner == owner_id)
    return fetch(tx, Member, query, page, columns=columns, tie=c.id, searched=["name", "domain"])


def others(tx: ReadTx, tie: Membership, eligible: sa.ColumnElement[bool], page: Page) -> Listed[Member]:
    """One page of what belongs to no owner yet, of those that are `eligible`: a condition about `tie.things`."""
    c = tie.things.c
    query = sa.select(c.id, c.name, c.domain).where(eligible, ~sa.exists().where(tie.member == c.id))
    columns: dict[str, sa.ColumnElement[Any]] = {"name": c.name, "domain": c.domain}
    return fetch(tx, Member, query, page, columns=columns, tie=[c.name, c.id], searched=["name", "domain"])


def member_ids(tx: ReadTx, tie: Membership, owner_id: UUID) -> list[UUID]:
    """The ids of everything that belongs to the owner."""
    c = tie.things.c
    query = sa.select(c.id).join(tie.member.table, tie.member == c.id).where(tie.owner == owner_id)
    return tx.scalars(query.order_by(c.id))


def add(tx: Tx, actor: Actor, tie: Membership, owner_id: UUID, owner: str, ids: Collection[UUID]) -> list[Member]:
    """Tie things to their owner and audit each; those that belong to it already are left alone.

    Raises Invalid if one of them does not exist, Conflict if another transaction ties one of them at the same time.
    """
    wanted = checked(ids)
    c = tie.things.c
    found = tx.rows(Member, sa.select(c.id, c.name, c.domain).where(c.id.in_(wanted)).order_by(c.id))
    if len(found) < len(wanted):
        raise Invalid("one of the ids names nothing that can be added")
    there = set(tx.scalars(sa.select(tie.member).where(tie.owner == owner_id, tie.member.in_(wanted))))
    new = [member for member in found if member.id not in there]
    try:
        table: Any = tie.member.table
        tx.add_all(table, [{tie.owner.name: owner_id, tie.member.name: member.id} for member in new])
    except IntegrityError as error:
        raise Conflict("somebody else adds one of these at the moment: try again") from error
    _audit(tx, actor, tie, f"{tie.kind}.member_added", owner_id, owner, new)
    return new


def remove(
    tx: Tx, actor: Actor, tie: Membership, owner_id: UUID, owner: str, ids: Collection[UUID]
) -> list[Member]:
    """Untie things from their owner and audit each; what does not belong to it is left alone."""
    wanted = checked(ids)
    c = tie.things.c
    mine = sa.and_(tie.owner == owner_id, tie.member.in_(wanted))
    found = tx.rows(
        Member,
        sa.select(c.id, c.name, c.domain).join(tie.member.table, tie.member == c.id).where(mine).order_by(c.id),
    )
    tx.run(sa.delete(tie.member.table).where(mine))
    _audit(tx, actor, tie, f"{tie.kind}.member_removed", owner_id, owner, found)
    return found


def checked(ids: Collection[UUID]) -> set[UUID]:
    """The ids, each once. Raises Invalid for none and for more than a statement should take."""
    wanted = set(ids)
    if not wanted:
        raise Invalid("the body must list at least one id")
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"the body may list at most {MOST_AT_ONCE} ids")
    return wanted


def _audit(
    tx: Tx, actor: Actor, tie: Membership, action: str, owner_id: UUID, owner: str, changed: list[Member]
) -> None:
    for member in changed:
        detail = {"name": owner, tie.detail: member.name, "domain": member.domain}
        audit.record(tx, actor, action, object_kind=tie.kind, object_id=owner_id, detail=detail)
