"""/api/locum/v1/CommandRestriction: which commands connection profiles restrict. The contract has none (PRX-10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET

from locum.activities import command_restrictions as room
from locum.activities import model
from locum.activities.command_rules import CommandAction
from locum.activities.command_rules import CommandRule as Rule
from locum.activities.read import connection_profile_of
from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.command_restriction import (
    CommandRestriction,
    CommandRestrictionIn,
    CommandRule,
    CommandRuleIn,
)
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission


class RestrictionId(In):
    command_restriction_id: UUID


class ProfileId(In):
    connection_profile_id: UUID


@operation(
    "CommandRestriction.GetAll",
    "GET /api/locum/v1/CommandRestriction",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    summary="Every command restriction, by name",
)
def get_restrictions(tx: ReadTx, call: Call[None, None, None]) -> list[CommandRestriction]:
    return [shown(row) for row in room.restrictions(tx)]


@operation(
    "CommandRestriction.GetById",
    "GET /api/locum/v1/CommandRestriction/{commandRestrictionId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="One command restriction",
)
def get_restriction(tx: ReadTx, call: Call[RestrictionId, None, None]) -> CommandRestriction:
    return shown(room.restriction_of(tx, call.params.command_restriction_id))


@operation(
    "CommandRestriction.Post",
    "POST /api/locum/v1/CommandRestriction",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 409),
    audit="command_restriction.created",
    status=201,
    summary="Make a command restriction (PRX-10); it restricts nothing until a connection profile has it",
)
def create_restriction(tx: Tx, call: Call[None, None, CommandRestrictionIn]) -> CommandRestriction:
    return shown(room.add_restriction(tx, call.caller.actor, call.body.name, _given(call.body)))


@operation(
    "CommandRestriction.Put",
    "PUT /api/locum/v1/CommandRestriction/{commandRestrictionId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404, 409),
    audit="command_restriction.changed",
    summary="Change a command restriction for connections opened from now on; what is absent stays",
)
def put_restriction(tx: Tx, call: Call[RestrictionId, None, CommandRestrictionIn]) -> CommandRestriction:
    changed = room.change_restriction(
        tx, call.caller.actor, call.params.command_restriction_id, call.body.name, _given(call.body)
    )
    return shown(changed)


@operation(
    "CommandRestriction.Delete",
    "DELETE /api/locum/v1/CommandRestriction/{commandRestrictionId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404, 409),
    audit="command_restriction.deleted",
    summary="Delete a command restriction that no connection profile has",
)
def delete_restriction(tx: Tx, call: Call[RestrictionId, None, None]) -> None:
    room.delete_restriction(tx, call.caller.actor, call.params.command_restriction_id)


@operation(
    "ConnectionProfile.GetCommandRestrictions",
    "GET /api/locum/v1/ConnectionProfile/{connectionProfileId}/CommandRestriction",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="The command restrictions of a connection profile, by name",
)
def get_of_profile(tx: ReadTx, call: Call[ProfileId, None, None]) -> list[CommandRestriction]:
    held = connection_profile_of(tx, call.params.connection_profile_id, deleted_too=False)
    return [shown(row) for row in room.restrictions_of_profile(tx, held.id)]


@operation(
    "ConnectionProfile.SetCommandRestrictions",
    "PUT /api/locum/v1/ConnectionProfile/{connectionProfileId}/CommandRestriction",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404),
    audit="connection_profile.changed",
    summary="Give a connection profile these command restrictions, as ids, and no others; an empty list: none",
)
def put_of_profile(tx: Tx, call: Call[ProfileId, None, list[UUID]]) -> list[CommandRestriction]:
    kept = room.set_profile_restrictions(tx, call.caller.actor, call.params.connection_profile_id, call.body)
    return [shown(row) for row in kept]


def shown(row: model.CommandRestriction) -> CommandRestriction:
    """A command restriction as the wire has it."""
    return CommandRestriction(
        id=row.id,
        name=row.name,
        description=row.description,
        active=row.active,
        mail_to=row.mail_to,
        rules=[CommandRule.from_row(rule) for rule in row.rules],
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _given(body: CommandRestrictionIn) -> dict[str, Any]:
    """What the body says, in the room's words."""
    given = {name: getattr(body, name) for name in ("description", "active", "mail_to", "rules")}
    said = {name: value for name, value in given.items() if value is not UNSET}
    if "rules" in said:
        said["rules"] = tuple(_rule(rule) for rule in said["rules"])
    return said


def _rule(rule: CommandRuleIn) -> Rule:
    try:
        action = CommandAction(rule.action.casefold())
    except ValueError:
        raise Invalid(f"action must be one of {', '.join(CommandAction)}", field="action") from None
    return Rule(rule.pattern, action, rule.message, rule.mail)
