"""/api/v1/ActivityGroup: the contract has the model and no path for it (ACT-10)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.policy_view import activity_group_view as shown
from locum.api.wire.activity_group import ActivityGroup, ActivityGroupActivity
from locum.api.wire.base import In, Table
from locum.api.wire.group import ActivityGroupIn, GroupMember, GroupMembersChanged
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.policies import groups
from locum.policies.groups import ACTIVITIES


class GroupId(In):
    activity_group_id: UUID


@operation(
    "ActivityGroup.GetAll",
    "GET /api/v1/ActivityGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    summary="Every activity group, by name, as a bare array",
)
def get_groups(tx: ReadTx, call: Call[None, None, None]) -> list[ActivityGroup]:
    return [shown(row) for row in groups.groups(tx, ACTIVITIES)]


@operation(
    "ActivityGroup.GetById",
    "GET /api/v1/ActivityGroup/{activityGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One activity group with the ids of its activities",
)
def get_group(tx: ReadTx, call: Call[GroupId, None, None]) -> ActivityGroup:
    view = shown(groups.group_of(tx, ACTIVITIES, call.params.activity_group_id))
    inside = groups.all_members(tx, ACTIVITIES, view.id)
    view.activity_group_activities = [
        ActivityGroupActivity(activity_id=row.id, activity_group_id=view.id) for row in inside
    ]
    return view


@operation(
    "ActivityGroup.Post",
    "POST /api/v1/ActivityGroup",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(409,),
    audit="activity_group.created",
    summary="Make an empty activity group",
)
def create_group(tx: Tx, call: Call[None, None, ActivityGroupIn]) -> ActivityGroup:
    made = groups.add_group(
        tx, call.caller.actor, ACTIVITIES, name=call.body.name, description=call.body.description
    )
    return shown(made)


@operation(
    "ActivityGroup.Put",
    "PUT /api/v1/ActivityGroup/{activityGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="activity_group.changed",
    summary="Rename or describe a activity group; what is absent stays, and so does what is in it",
)
def put_group(tx: Tx, call: Call[GroupId, None, ActivityGroupIn]) -> ActivityGroup:
    group_id, body = call.params.activity_group_id, call.body
    return shown(
        groups.change_group(
            tx, call.caller.actor, ACTIVITIES, group_id, name=body.name, description=body.description
        )
    )


@operation(
    "ActivityGroup.Delete",
    "DELETE /api/v1/ActivityGroup/{activityGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404, 409),
    audit="activity_group.deleted",
    summary="Delete a activity group that no policy joins; its activities stay",
)
def delete_group(tx: Tx, call: Call[GroupId, None, None]) -> None:
    groups.delete_group(tx, call.caller.actor, ACTIVITIES, call.params.activity_group_id)


@operation(
    "ActivityGroup.GetMembers",
    "GET /api/v1/ActivityGroup/{activityGroupId}/Activity",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_READ,
    problems=(404,),
    summary="One page of the activities in a activity group",
)
def get_members(tx: ReadTx, call: Call[GroupId, Paging, None]) -> Table[GroupMember]:
    group = groups.group_of(tx, ACTIVITIES, call.params.activity_group_id)
    listed = groups.members(tx, ACTIVITIES, group.id, call.query.page())
    return Table[GroupMember](
        data=[GroupMember(id=row.id, name=row.name) for row in listed.rows], records_total=listed.total
    )


@operation(
    "ActivityGroup.AddMembers",
    "POST /api/v1/ActivityGroup/{activityGroupId}/Activity",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="activity_group.member_added",
    summary="Put activities into a activity group; those in it already are left alone",
)
def add_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.add_things(tx, call.caller.actor, ACTIVITIES, call.params.activity_group_id, call.body)
    return GroupMembersChanged(count=count)


@operation(
    "ActivityGroup.RemoveMembers",
    "POST /api/v1/ActivityGroup/{activityGroupId}/Activity/DeleteMultiple",
    who=ADMIN,
    permission=Permission.POLICIES_GROUP_MANAGE,
    problems=(404,),
    audit="activity_group.member_removed",
    summary="Take activities out of a activity group; those that are not in it are left alone",
)
def remove_members(tx: Tx, call: Call[GroupId, None, list[UUID]]) -> GroupMembersChanged:
    count = groups.remove_things(tx, call.caller.actor, ACTIVITIES, call.params.activity_group_id, call.body)
    return GroupMembersChanged(count=count)
