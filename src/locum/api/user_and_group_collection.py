"""/api/v1/UserAndGroupCollection: the contract has the model and no path for it (USER-05)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.enums import EntityType
from locum.api.wire.group import (
    GroupCollectionJoin,
    GroupMember,
    GroupMembersChanged,
    UserAndGroupCollection,
    UserAndGroupCollectionIn,
    UserCollectionJoin,
)
from locum.identities.model import Kind
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.policies import groups
from locum.policies.groups import COLLECTIONS


class GroupId(In):
    user_and_group_collection_id: UUID


@operation(
    "UserAndGroupCollection.GetAll",
    "GET /api/v1/UserAndGroupCollection",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    summary="Every collection, by name, as a bare array",
)
def get_groups(tx: ReadTx, call: Call[None, None, None]) -> list[UserAndGroupCollection]:
    return [shown(row) for row in groups.groups(tx, COLLECTIONS)]


@operation(
    "UserAndGroupCollection.GetById",
    "GET /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One collection with the ids of its people, applications and groups",
)
def get_group(tx: ReadTx, call: Call[GroupId, None, None]) -> UserAndGroupCollection:
    view = shown(groups.group_of(tx, COLLECTIONS, call.params.user_and_group_collection_id))
    inside = groups.all_members(tx, COLLECTIONS, view.id)
    view.user_collection_join = [
        UserCollectionJoin(managed_account_id=row.id, user_and_group_collection_id=view.id)
        for row in inside
        if row.kind != Kind.GROUP
    ]
    view.group_collection_join = [
        GroupCollectionJoin(managed_account_group_id=row.id, user_and_group_collection_id=view.id)
        for row in inside
        if row.kind == Kind.GROUP
    ]
    return view


@operation(
    "UserAndGroupCollection.Post",
    "POST /api/v1/UserAndGroupCollection",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(409,),
    audit="collection.created",
    summary="Make an empty collection",
)
def create_group(tx: Tx, call: Call[None, None, UserAndGroupCollectionIn]) -> UserAndGroupCollection:
    made = groups.add_group(
        tx, call.caller.actor, COLLECTIONS, name=call.body.name, description=call.body.description
    )
    return shown(made)


@operation(
    "UserAndGroupCollection.Put",
    "PUT /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="collection.changed",
    summary="Rename or describe a collection; what is absent stays, and so does what is in it",
)
def put_group(tx: Tx, call: Call[GroupId, None, UserAndGroupCollectionIn]) -> UserAndGroupCollection:
    group_id, body = call.params.user_and_group_collection_id, call.body
    return shown(
        groups.change_group(
            tx, call.caller.actor, COLLECTIONS, group_id, name=body.name, description=body.description
        )
    )


@operation(
    "UserAndGroupCollection.Delete",
    "DELETE /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="collection.deleted",
    summary="Delete a collection that no policy joins; its people, applications and groups stay",
)
def delete_group(tx: Tx, call: Call[GroupId, None, None]) -> None:
    groups.delete_group(tx, call.caller.actor, COLLECTIONS, call.params.user_and_group_collection_id)


@operation(
    "UserAndGroupCollection.GetMembers",
    "GET /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}/Member",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One page of the people, applications and groups in a collection",
)
def get_members(tx: ReadTx, call: Call[GroupId, Paging, None]) -> Table[GroupMember]:
    group = groups.group_of(tx, COLLECTIONS, call.params.user_and_group_collection_id)
    listed = groups.members(tx, COLLECTIONS, group.id, call.query.page())
    data = [
        GroupMember(id=row.id, name=row.name, entity_type=None if row.kind is None else EntityType(row.kind))
        for row in listed.rows
    ]
    return Table[GroupMember](data=data, records_total=listed.total)


@operation(
    "UserAndGroupCollection.AddMembers",
    "POST /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}/Member",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="collection.member_added",
    summary="Put people, applications and groups into a collection; those in it already are left alone",
)
def add_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.add_things(
        tx, call.caller.actor, COLLECTIONS, call.params.user_and_group_collection_id, call.body
    )
    return GroupMembersChanged(count=count)


@operation(
    "UserAndGroupCollection.RemoveMembers",
    "POST /api/v1/UserAndGroupCollection/{userAndGroupCollectionId}/Member/DeleteMultiple",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="collection.member_removed",
    summary="Take people, applications and groups out of a collection; those that are not in it are left alone",
)
def remove_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.remove_things(
        tx, call.caller.actor, COLLECTIONS, call.params.user_and_group_collection_id, call.body
    )
    return GroupMembersChanged(count=count)


def shown(row: groups.Group) -> UserAndGroupCollection:
    """A collection as the wire has it in lists."""
    return UserAndGroupCollection(
        id=row.id,
        name=row.name,
        description=row.description,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
