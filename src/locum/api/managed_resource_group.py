"""/api/v1/ManagedResourceGroup: the contract has the model and no path for it (A.4)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.group import (
    GroupMember,
    GroupMembersChanged,
    ManagedResourceGroup,
    ManagedResourceGroupIn,
    ManagedResourceJoin,
)
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.policies import groups
from locum.policies.groups import RESOURCES


class GroupId(In):
    managed_resource_group_id: UUID


@operation(
    "ManagedResourceGroup.GetAll",
    "GET /api/v1/ManagedResourceGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    summary="Every resource group, by name, as a bare array",
)
def get_groups(tx: ReadTx, call: Call[None, None, None]) -> list[ManagedResourceGroup]:
    return [shown(row) for row in groups.groups(tx, RESOURCES)]


@operation(
    "ManagedResourceGroup.GetById",
    "GET /api/v1/ManagedResourceGroup/{managedResourceGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One resource group with the ids of its resources",
)
def get_group(tx: ReadTx, call: Call[GroupId, None, None]) -> ManagedResourceGroup:
    view = shown(groups.group_of(tx, RESOURCES, call.params.managed_resource_group_id))
    inside = groups.all_members(tx, RESOURCES, view.id)
    view.managed_resource_join = [
        ManagedResourceJoin(managed_resource_id=row.id, managed_resource_group_id=view.id) for row in inside
    ]
    return view


@operation(
    "ManagedResourceGroup.Post",
    "POST /api/v1/ManagedResourceGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(409,),
    audit="resource_group.created",
    summary="Make an empty resource group",
)
def create_group(tx: Tx, call: Call[None, None, ManagedResourceGroupIn]) -> ManagedResourceGroup:
    made = groups.add_group(tx, call.caller.actor, RESOURCES, name=call.body.name)
    return shown(made)


@operation(
    "ManagedResourceGroup.Put",
    "PUT /api/v1/ManagedResourceGroup/{managedResourceGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="resource_group.changed",
    summary="Rename or describe a resource group; what is absent stays, and so does what is in it",
)
def put_group(tx: Tx, call: Call[GroupId, None, ManagedResourceGroupIn]) -> ManagedResourceGroup:
    group_id, body = call.params.managed_resource_group_id, call.body
    return shown(groups.change_group(tx, call.caller.actor, RESOURCES, group_id, name=body.name))


@operation(
    "ManagedResourceGroup.Delete",
    "DELETE /api/v1/ManagedResourceGroup/{managedResourceGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="resource_group.deleted",
    summary="Delete a resource group that no policy joins; its resources stay",
)
def delete_group(tx: Tx, call: Call[GroupId, None, None]) -> None:
    groups.delete_group(tx, call.caller.actor, RESOURCES, call.params.managed_resource_group_id)


@operation(
    "ManagedResourceGroup.GetMembers",
    "GET /api/v1/ManagedResourceGroup/{managedResourceGroupId}/ManagedResource",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One page of the resources in a resource group",
)
def get_members(tx: ReadTx, call: Call[GroupId, Paging, None]) -> Table[GroupMember]:
    group = groups.group_of(tx, RESOURCES, call.params.managed_resource_group_id)
    listed = groups.members(tx, RESOURCES, group.id, call.query.page())
    return Table[GroupMember](
        data=[GroupMember(id=row.id, name=row.name) for row in listed.rows], records_total=listed.total
    )


@operation(
    "ManagedResourceGroup.AddMembers",
    "POST /api/v1/ManagedResourceGroup/{managedResourceGroupId}/ManagedResource",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="resource_group.member_added",
    summary="Put resources into a resource group; those in it already are left alone",
)
def add_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.add_things(tx, call.caller.actor, RESOURCES, call.params.managed_resource_group_id, call.body)
    return GroupMembersChanged(count=count)


@operation(
    "ManagedResourceGroup.RemoveMembers",
    "POST /api/v1/ManagedResourceGroup/{managedResourceGroupId}/ManagedResource/DeleteMultiple",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="resource_group.member_removed",
    summary="Take resources out of a resource group; those that are not in it are left alone",
)
def remove_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.remove_things(
        tx, call.caller.actor, RESOURCES, call.params.managed_resource_group_id, call.body
    )
    return GroupMembersChanged(count=count)


def shown(row: groups.Group) -> ManagedResourceGroup:
    """A resource group as the wire has it in lists."""
    return ManagedResourceGroup(
        id=row.id,
        name=row.name,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
