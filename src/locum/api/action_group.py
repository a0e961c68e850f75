"""/api/v1/ActionGroup/{id}/Action: an activity's steps before, in and after a session.

The contract has the models and no path for them. An activity has three groups; their ids are its own but for the last
two bits, so that nothing has to be kept about them.
"""

from __future__ import annotations

from uuid import UUID

from locum.actions.catalog import Template, template_for, template_of
from locum.actions.edit import Action as Said
from locum.actions.edit import set_actions
from locum.activities.model import Activity, ActivityAction, Phase
from locum.activities.read import actions_of, activity_among
from locum.api.action_template import shown_parameter
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.action import Action, ActionClassification, ActionIn, ActionParameter
from locum.api.wire.base import In, at
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.resources.platforms import platform_of


class GroupId(In):
    action_group_id: UUID


@operation(
    "ActionGroup.GetActions",
    "GET /api/v1/ActionGroup/{actionGroupId}/Action",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_ACTIVITY_READ,
    problems=(404,),
    summary="An activity's actions in one part of a session, in their order, as a bare array",
)
def get_actions(tx: ReadTx, call: Call[GroupId, None, None]) -> list[Action]:
    return _listed(tx, *_of(tx, call.params.action_group_id))


@operation(
    "ActionGroup.PutActions",
    "PUT /api/v1/ActionGroup/{actionGroupId}/Action",
    who=ADMIN,
    permission=Permission.CATALOG_ACTIVITY_MANAGE,
    problems=(404,),
    audit="activity.actions_changed",
    summary="Let these be an activity's actions in that part of a session; sessions that were asked for keep theirs",
)
def put_actions(tx: Tx, call: Call[GroupId, None, list[ActionIn]]) -> list[Action]:
    held, phase = _of(tx, call.params.action_group_id)
    ordered = sorted(call.body, key=lambda action: action.execution_order)
    set_actions(tx, call.caller.actor, held.id, phase, [_said(action) for action in ordered])
    return _listed(tx, held, phase)


def group_id(activity_id: UUID, phase: Phase) -> UUID:
    """The id of an activity's group of actions."""
    return UUID(int=activity_id.int ^ (phase + 1))


def _of(tx: ReadTx, wanted: UUID) -> tuple[Activity, Phase]:
    """The activity and the part of a session that a group's id means. Raises NotFound."""
    parts = {group_id(wanted, phase): phase for phase in Phase}  # the same step back
    held = activity_among(tx, list(parts))
    return held, parts[held.id]


def _said(action: ActionIn) -> Said:
    template = template_of(action.action_template_id)
    names = {template.parameter_id(parameter.name): parameter.name for parameter in template.parameters}
    parameters: dict[str, str] = {}
    for one in action.action_parameter or []:
        name = names.get(one.action_template_parameter_id)
        if name is None:
            raise Invalid(
                f"actionTemplateParameterId names no parameter of “{template.shown}”",
                field="actionTemplateParameterId",
            )
        parameters[name] = one.value or ""
    return Said(
        template_id=template.id,
        parameters=parameters,
        name=action.display_name,
        continue_on_fail=action.continue_on_fail,
        timeout_s=60 if action.timeout is None else action.timeout,
    )


def _listed(tx: ReadTx, held: Activity, phase: Phase) -> list[Action]:
    connector = platform_of(tx, held.platform_id).connector
    return [
        _shown(row, held, template_for(connector, row.kind), order)
        for order, row in enumerate(actions_of(tx, held.id, phase), 1)
    ]


def _shown(row: ActivityAction, held: Activity, template: Template | None, order: int) -> Action:
    return Action(
        id=row.id,
        action_template_id=template.id if template else NIL,
        action_group_id=group_id(held.id, Phase(row.phase)),
        action_parameter=[
            ActionParameter(
                id=template.parameter_id(parameter.name),
                value=row.parameters.get(parameter.name),
                action_template_parameter_id=template.parameter_id(parameter.name),
                action_template_parameter=shown_parameter(template, parameter),
                action_id=row.id,
            )
            for parameter in (template.parameters if template else ())
            if template
        ],
        continue_on_fail=row.continue_on_fail,
        execution_order=order,
        timeout=row.timeout_s,
        display_name=row.name or (template.shown if template else row.kind),
        classification=ActionClassification(row.phase),
        is_default=held.is_default,
        created_date_time_utc=at(held.created_at),
        modified_date_time_utc=at(held.modified_at),
    )
