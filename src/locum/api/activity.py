"""/api/v1/Activity: the contract has the model and no path for it (product.md section G)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.actions import edit
from locum.activities import model
from locum.activities.model import LoginType, Phase
from locum.activities.read import activities, activity_of
from locum.api.action_group import group_id
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP, SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.activity import Activity, ActivityIn
from locum.api.wire.base import In, at
from locum.api.wire.enums import ActivityLoginType, ActivityType, RequesterLoginFormat
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotAvailable
from locum.kit.permissions import Permission

_TYPES = (ActivityType.INTERACTIVE, ActivityType.TASK_AUTOMATION)


class ActivityId(In):
    activity_id: UUID


@operation(
    "Activity.GetAll",
    "GET /api/v1/Activity",
    who=SIGNED_IN,
    permission=Permission.CATALOG_ACTIVITY_READ,
    summary="Every activity, by name, as a bare array",
)
def get_activities(tx: ReadTx, call: Call[None, None, None]) -> list[Activity]:
    return [shown(row) for row in activities(tx)]


@operation(
    "Activity.GetById",
    "GET /api/v1/Activity/{activityId}",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_ACTIVITY_READ,
    problems=(404,),
    summary="One activity; its action groups hold what it does on a target",
)
def get_activity(tx: ReadTx, call: Call[ActivityId, None, None]) -> Activity:
    return shown(activity_of(tx, call.params.activity_id))


@operation(
    "Activity.Post",
    "POST /api/v1/Activity",
    who=ADMIN,
    permission=Permission.CATALOG_ACTIVITY_MANAGE,
    problems=(409,),
    audit="activity.created",
    summary="Make an activity without actions",
)
def create_activity(tx: Tx, call: Call[None, None, ActivityIn]) -> Activity:
    body = call.body
    made = edit.add_activity(
        tx,
        call.caller.actor,
        name=body.name,
        platform_id=body.platform_id,
        description=body.description,
        **_how(body),
    )
    return shown(made)


@operation(
    "Activity.Put",
    "PUT /api/v1/Activity/{activityId}",
    who=ADMIN,
    permission=Permission.CATALOG_ACTIVITY_MANAGE,
    problems=(404, 409),
    audit="activity.changed",
    summary="Change an activity, for sessions that are asked for from now on",
)
def put_activity(tx: Tx, call: Call[ActivityId, None, ActivityIn]) -> Activity:
    body = call.body
    changed = edit.change_activity(
        tx,
        call.caller.actor,
        call.params.activity_id,
        name=body.name,
        platform_id=body.platform_id,
        description=body.description,
        **_how(body),
    )
    return shown(changed)


@operation(
    "Activity.Delete",
    "DELETE /api/v1/Activity/{activityId}",
    who=ADMIN,
    permission=Permission.CATALOG_ACTIVITY_MANAGE,
    problems=(404, 409),
    audit="activity.deleted",
    summary="Delete an activity that no policy holds; sessions that have it keep it",
)
def delete_activity(tx: Tx, call: Call[ActivityId, None, None]) -> None:
    edit.delete_activity(tx, call.caller.actor, call.params.activity_id)


def _how(body: ActivityIn) -> dict[str, Any]:
    """What the body says, in our words."""
    if body.activity_type not in (None, *_TYPES):
        raise NotAvailable("only interactive activities and tasks (activityType 0 and 2) are available")
    if body.login_account in (ActivityLoginType.VAULT, ActivityLoginType.RESOURCE):
        raise NotAvailable("accounts of vaults and websites (loginAccount 3 and 4) are not available yet")
    how: dict[str, Any] = {}
    if body.activity_type is not None:
        how["type"] = int(body.activity_type)
    if body.login_account is not None:
        how["login_type"] = LoginType(body.login_account)
    if body.login_account_name_format is not None:
        how["login_template"] = body.login_account_name_format or None
    if body.requester_login_format is not None:
        how["requester_format"] = int(body.requester_login_format)
    if body.create_account is not None:
        how["create_account"] = body.create_account
    if body.delete_account is not None:
        how["delete_account"] = body.delete_account
    return how


def shown(row: model.Activity) -> Activity:
    """An activity as the wire has it. An account made for the session alone is created and deleted by definition, and
    a person's own never."""
    alone, own = row.login_type == LoginType.ACTIVITY_IDENTITY, row.login_type == LoginType.REQUESTER
    return Activity(
        id=row.id,
        name=row.name,
        description=row.description,
        platform_id=row.platform_id,
        start_action_group_id=group_id(row.id, Phase.BEFORE),
        during_action_group_id=group_id(row.id, Phase.DURING),
        end_action_group_id=group_id(row.id, Phase.AFTER),
        activity_type=ActivityType(row.type),
        login_account=ActivityLoginType(row.login_type),
        login_account_name_format=row.login_template,
        requester_login_format=RequesterLoginFormat(row.requester_format),
        create_account=alone or (row.create_account and not own),
        delete_account=alone or (row.delete_account and not own),
        is_default=row.is_default,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
