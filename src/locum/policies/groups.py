"""Named sets that policies join at once: groups and collections of people, groups of resources, groups of activities.

Whoever is put into one has from then on what its policies give; so each member that comes or goes is in the audit log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.activities.model import ActivityType, activity, activity_group, activity_group_member
from locum.audit import log as audit
from locum.identities import people
from locum.identities.model import GROUPS, Kind, identity, identity_member
from locum.identities.model import PEOPLE as PERSONS
from locum.identities.normalise import normalise, spelling
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.named import free_name, name_kept
from locum.kit.paging import Listed, Page, fetch
from locum.policies.members import MOST_AT_ONCE
from locum.policies.model import policy, policy_activity_group, policy_identity, policy_resource_group
from locum.resources.model import resource, resource_group, resource_group_member


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of sets: `owner` and `member` are the columns of its pairs, `joins` the policies that join one.

    `kind` names it in the audit log and `word` for people; `detail` is the audit log's key for a member's name.
    `holds`: for sets that are identities, their own kind and those of what they may hold.
    """

    kind: str
    word: str
    table: sa.Table
    owner: sa.Column[Any]
    member: sa.Column[Any]
    things: sa.Table
    joins: sa.Table
    detail: str
    holds: tuple[Kind, tuple[Kind, ...]] | None = None

    @property
    def mine(self) -> sa.ColumnElement[bool]:
        """The condition for a row of the table to be a set of this sort."""
        if self.holds is None:
            return sa.true()
        return sa.and_(identity.c.kind == self.holds[0], identity.c.deleted_at.is_(None))

    @property
    def fit(self) -> sa.ColumnElement[bool]:
        """The condition for what may be in one."""
        if self.things is activity:  # what comes with credential-based policies is in them alone
            return activity.c.type != ActivityType.CREDENTIAL_RELEASE
        if self.holds is None:
            return sa.true()
        return sa.and_(identity.c.kind.in_(self.holds[1]), identity.c.deleted_at.is_(None))


ACTIVITIES = Sort(
    "activity_group",
    "activity group",
    activity_group,
    activity_group_member.c.group_id,
    activity_group_member.c.activity_id,
    activity,
    policy_activity_group,
    "activity",
)
RESOURCES = Sort(
    "resource_group",
    "resource group",
    resource_group,
    resource_group_member.c.group_id,
    resource_group_member.c.resource_id,
    resource,
    policy_resource_group,
    "resource",
)
_IDENTITIES = (identity, identity_member.c.group_id, identity_member.c.member_id, identity, policy_identity)
PEOPLE = Sort("identity_group", "group", *_IDENTITIES, "identity", (Kind.GROUP, PERSONS))
COLLECTIONS = Sort("collection", "collection", *_IDENTITIES, "identity", (Kind.COLLECTION, (*PERSONS, Kind.GROUP)))


class Group(msgspec.Struct, frozen=True):
    """A set, without its members."""

    id: UUID
    name: str
    description: str | None
    created_at: dt.datetime
    modified_at: dt.datetime


class Member(msgspec.Struct, frozen=True):
    """What is in a set; `kind` is an identity's."""

    id: UUID
    name: str
    kind: int | None


def groups(tx: ReadTx, sort: Sort) -> list[Group]:
    """Every set of that sort, by name."""
    return tx.rows(Group, _select(sort).order_by(sort.table.c.name_key))


def group_of(tx: ReadTx, sort: Sort, group_id: UUID, *, hold: bool = False) -> Group:
    """One set, with `hold` its row held until commit. Raises NotFound."""
    one = _select(sort).where(sort.table.c.id == group_id)
    found = tx.first(Group, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound(f"there is no {sort.word} with this id")
    return found


def members(tx: ReadTx, sort: Sort, group_id: UUID, page: Page) -> Listed[Member]:
    """One page of what is in a set."""
    c = sort.things.c
    columns: dict[str, sa.ColumnElement[Any]] = {"name": c.name_key, "shownname": c.name}
    query = _members(sort, group_id)
    return fetch(tx, Member, query, page, columns=columns, tie=c.name_key, searched=["shownname", "name"])


def all_members(tx: ReadTx, sort: Sort, group_id: UUID) -> list[Member]:
    """Everything that is in a set, by name."""
    return tx.rows(Member, _members(sort, group_id).order_by(sort.things.c.name_key))


def add_group(tx: Tx, actor: Actor, sort: Sort, *, name: str | None, description: str | None = None) -> Group:
    """Make an empty set. Raises Invalid, and Conflict for a taken name (Invalid where it is an account's)."""
    if sort.holds is not None:
        if name is None:
            raise Invalid("name is required", field="name")
        made = people.add_identity(
            tx, sort.holds[0], name=name, roles=frozenset(), description=description or None
        )
        group_id = made.id
    else:
        group_id = new_id()
        named = free_name(tx, sort.table, name, sort.word)
        times = {"created_at": tx.now, "modified_at": tx.now}
        with name_kept(sort.word):
            tx.add(sort.table, id=group_id, description=description or None, **named, **times)
    held = group_of(tx, sort, group_id)
    _audit(tx, actor, sort, "created", held)
    return held


def change_group(
    tx: Tx, actor: Actor, sort: Sort, group_id: UUID, *, name: str | None = None, description: str | None = None
) -> Group:
    """Change what is given. Raises NotFound besides."""
    held = group_of(tx, sort, group_id, hold=True)
    values: dict[str, str | None] = {}
    if name is not None:
        values |= _free(tx, sort, name, group_id)
    if description is not None:
        values["description"] = description or None
    fields = [
        field for field in ("description", "name") if field in values and values[field] != getattr(held, field)
    ]
    if not fields:
        return held
    with name_kept(sort.word):
        tx.run(sa.update(sort.table).where(sort.table.c.id == group_id).values(**values, modified_at=tx.now))
    changed = group_of(tx, sort, group_id)
    _audit(tx, actor, sort, "changed", changed, fields=", ".join(fields))
    return changed


def delete_group(tx: Tx, actor: Actor, sort: Sort, group_id: UUID) -> None:
    """Delete a set; what was in it stays. Raises NotFound, and Conflict where policies join it."""
    held = group_of(tx, sort, group_id, hold=True)
    refuse_joined(tx, sort, group_id)
    # Memberships of deleted policies: nothing can come of them any more.
    tx.run(sa.delete(sort.joins).where(sort.joins.c.member_id == group_id))
    tx.run(sa.delete(sort.owner.table).where(sort.owner == group_id))
    if sort.holds is None:
        try:
            tx.run(sa.delete(sort.table).where(sort.table.c.id == group_id))
        except IntegrityError as error:  # a policy took it in since the look-up
            raise Conflict(f"this {sort.word} is in an access policy") from error
    else:
        people.leave_groups(tx, group_id)
        # A key that no name has: normalising trims. So the name can be given again.
        gone = {"deleted_at": tx.now, "locked": True, "name_key": f" deleted {group_id}"}
        tx.run(sa.update(identity).where(identity.c.id == group_id).values(**gone, modified_at=tx.now))
    _audit(tx, actor, sort, "deleted", held)


def refuse_joined(tx: ReadTx, sort: Sort, group_id: UUID) -> None:
    """Raise Conflict, which says how many, if policies join the set."""
    c = sort.joins.c
    query = sa.select(sa.func.count()).join(policy, policy.c.id == c.policy_id).select_from(sort.joins)
    count = tx.scalar(query.where(c.member_id == group_id, policy.c.is_deleted.is_(False)))
    if count:
        policies = "1 access policy" if count == 1 else f"{count} access policies"
        raise Conflict(f"this {sort.word} is in {policies}: take it out there first")


def refuse_joined_identity(tx: ReadTx, identity_id: UUID, kind: Kind) -> None:
    """Raise Conflict if policies join that identity and it is a group or a collection."""
    if kind in GROUPS:
        refuse_joined(tx, PEOPLE if kind is Kind.GROUP else COLLECTIONS, identity_id)


def add_things(tx: Tx, actor: Actor, sort: Sort, group_id: UUID, ids: Collection[UUID]) -> int:
    """Put things into a set; answers how many were not in it. Raises NotFound, Invalid for what can't be in it."""
    held = group_of(tx, sort, group_id, hold=True)
    wanted = _checked(ids)
    c = sort.things.c
    found = tx.scalars(sa.select(c.id).where(c.id.in_(wanted), sort.fit))
    if len(found) < len(wanted):
        raise Invalid("one of the ids names nothing that can be added")
    new = sorted(wanted - _there(tx, sort, group_id, wanted))
    tx.add_all(sort.owner.table, [{sort.owner.name: group_id, sort.member.name: thing} for thing in new])
    _audit_members(tx, actor, sort, "member_added", held, new)
    return len(new)


def remove_things(tx: Tx, actor: Actor, sort: Sort, group_id: UUID, ids: Collection[UUID]) -> int:
    """Take things out of a set; answers how many were in it. Raises NotFound."""
    held = group_of(tx, sort, group_id, hold=True)
    gone = sorted(_there(tx, sort, group_id, _checked(ids)))
    if gone:
        tx.run(sa.delete(sort.owner.table).where(sort.owner == group_id, sort.member.in_(gone)))
    _audit_members(tx, actor, sort, "member_removed", held, gone)
    return len(gone)


def _select(sort: Sort) -> sa.Select[Any]:
    return sa.select(*(sort.table.c[name] for name in Group.__struct_fields__)).where(sort.mine)


def _members(sort: Sort, group_id: UUID) -> sa.Select[Any]:
    c = sort.things.c
    kind = c.kind if sort.holds is not None else sa.type_coerce(sa.null(), sa.Integer).label("kind")
    query = sa.select(c.id, c.name, kind).join(sort.member.table, sort.member == c.id)
    return query.where(sort.owner == group_id, sort.fit)


def _there(tx: ReadTx, sort: Sort, group_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    return set(tx.scalars(sa.select(sort.member).where(sort.owner == group_id, sort.member.in_(ids))))


def _free(tx: ReadTx, sort: Sort, name: str, group_id: UUID) -> dict[str, str]:
    if sort.holds is None:
        return free_name(tx, sort.table, name, sort.word, but=group_id)
    key = normalise(name)
    if tx.scalar(sa.select(identity.c.id).where(identity.c.name_key == key)) not in (None, group_id):
        raise Invalid("there is an account of that name already", field="name")
    return {"name": spelling(name), "name_key": key}


def _checked(ids: Collection[UUID]) -> set[UUID]:
    wanted = set(ids)
    if not wanted:
        raise Invalid("the body must list at least one id")
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(f"the body may list at most {MOST_AT_ONCE} ids")
    return wanted


def _audit(tx: Tx, actor: Actor, sort: Sort, action: str, group: Group, **more: str) -> None:
    action = f"{sort.kind}.{action}"
    audit.record(tx, actor, action, object_kind=sort.kind, object_id=group.id, detail={"name": group.name, **more})


def _audit_members(tx: Tx, actor: Actor, sort: Sort, action: str, group: Group, ids: list[UUID]) -> None:
    if not ids:
        return
    c = sort.things.c
    for name in tx.scalars(sa.select(c.name).where(c.id.in_(ids)).order_by(c.name_key)):
        _audit(tx, actor, sort, action, group, **{sort.detail: name})
