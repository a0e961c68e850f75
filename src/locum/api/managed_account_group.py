"""/api/v1/ManagedAccountGroup: the contract has the model and no path for it (A.2)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.enums import EntityType
from locum.api.wire.group import (
    GroupMember,
    GroupMembersChanged,
    ManagedAccountGroup,
    ManagedAccountGroupIn,
    ManagedAccountJoin,
)
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.policies import groups
from locum.policies.groups import PEOPLE


class GroupId(In):
    managed_account_group_id: UUID


@operation(
    "ManagedAccountGroup.GetAll",
    "GET /api/v1/ManagedAccountGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    summary="Every group, by name, as a bare array",
)
def get_groups(tx: ReadTx, call: Call[None, None, None]) -> list[ManagedAccountGroup]:
    return [shown(row) for row in groups.groups(tx, PEOPLE)]


@operation(
    "ManagedAccountGroup.GetById",
    "GET /api/v1/ManagedAccountGroup/{managedAccountGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One group with the ids of its people and applications",
)
def get_group(tx: ReadTx, call: Call[GroupId, None, None]) -> ManagedAccountGroup:
    view = shown(groups.group_of(tx, PEOPLE, call.params.managed_account_group_id))
    inside = groups.all_members(tx, PEOPLE, view.id)
    view.managed_account_join = [
        ManagedAccountJoin(managed_account_id=row.id, managed_account_group_id=view.id) for row in inside
    ]
    return view


@operation(
    "ManagedAccountGroup.Post",
    "POST /api/v1/ManagedAccountGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(409,),
    audit="identity_group.created",
    summary="Make an empty group",
)
def create_group(tx: Tx, call: Call[None, None, ManagedAccountGroupIn]) -> ManagedAccountGroup:
    made = groups.add_group(tx, call.caller.actor, PEOPLE, name=call.body.name)
    return shown(made)


@operation(
    "ManagedAccountGroup.Put",
    "PUT /api/v1/ManagedAccountGroup/{managedAccountGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="identity_group.changed",
    summary="Rename or describe a group; what is absent stays, and so does what is in it",
)
def put_group(tx: Tx, call: Call[GroupId, None, ManagedAccountGroupIn]) -> ManagedAccountGroup:
    group_id, body = call.params.managed_account_group_id, call.body
    return shown(groups.change_group(tx, call.caller.actor, PEOPLE, group_id, name=body.name))


@operation(
    "ManagedAccountGroup.Delete",
    "DELETE /api/v1/ManagedAccountGroup/{managedAccountGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="identity_group.deleted",
    summary="Delete a group that no policy joins; its people and applications stay",
)
def delete_group(tx: Tx, call: Call[GroupId, None, None]) -> None:
    groups.delete_group(tx, call.caller.actor, PEOPLE, call.params.managed_account_group_id)


@operation(
    "ManagedAccountGroup.GetMembers",
    "GET /api/v1/ManagedAccountGroup/{managedAccountGroupId}/ManagedAccount",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One page of the people and applications in a group",
)
def get_members(tx: ReadTx, call: Call[GroupId, Paging, None]) -> Table[GroupMember]:
    group = groups.group_of(tx, PEOPLE, call.params.managed_account_group_id)
    listed = groups.members(tx, PEOPLE, group.id, call.query.page())
    data = [
        GroupMember(id=row.id, name=row.name, entity_type=None if row.kind is None else EntityType(row.kind))
        for row in listed.rows
    ]
    return Table[GroupMember](data=data, records_total=listed.total)


@operation(
    "ManagedAccountGroup.AddMembers",
    "POST /api/v1/ManagedAccountGroup/{managedAccountGroupId}/ManagedAccount",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="identity_group.member_added",
    summary="Put people and applications into a group; those in it already are left alone",
)
def add_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.add_things(tx, call.caller.actor, PEOPLE, call.params.managed_account_group_id, call.body)
    return GroupMembersChanged(count=count)


@operation(
    "ManagedAccountGroup.RemoveMembers",
    "POST /api/v1/ManagedAccountGroup/{managedAccountGroupId}/ManagedAccount/DeleteMultiple",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="identity_group.member_removed",
    summary="Take people and applications out of a group; those that are not in it are left alone",
)
def remove_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.remove_things(tx, call.caller.actor, PEOPLE, call.params.managed_account_group_id, call.body)
    return GroupMembersChanged(count=count)


def shown(row: groups.Group) -> ManagedAccountGroup:
    """A group as the wire has it in lists."""
    return ManagedAccountGroup(
        id=row.id,
        name=row.name,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
