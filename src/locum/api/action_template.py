"""/api/v1/ActionTemplate: the kinds of actions there are; the contract has the model and no path for it."""

from __future__ import annotations

from locum.actions.catalog import TEMPLATES, Parameter, Template
from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.wire.action import (
    ActionClassification,
    ActionParameterType,
    ActionTemplate,
    ActionTemplateParameter,
)
from locum.kit.db import ReadTx
from locum.kit.permissions import Permission


@operation(
    "ActionTemplate.GetAll",
    "GET /api/v1/ActionTemplate",
    who=ADMIN_OR_APP,
    permission=Permission.CATALOG_ACTIVITY_READ,
    summary="Every kind of action with its parameters, as a bare array; `definition` names its platform",
)
def get_templates(tx: ReadTx, call: Call[None, None, None]) -> list[ActionTemplate]:
    return [shown(template) for template in TEMPLATES]


def shown(template: Template) -> ActionTemplate:
    """A kind of action as the wire has it."""
    one = ActionClassification(template.phases[0])
    return ActionTemplate(
        id=template.id,
        display_name=template.shown,
        description=template.description,
        new_action_display_name=template.shown,
        definition=f"{template.connector}/{template.kind}",
        classification=one if len(template.phases) == 1 else ActionClassification.ANY,
        action_template_parameter=[
            shown_parameter(template, parameter, order) for order, parameter in enumerate(template.parameters)
        ],
    )


def shown_parameter(template: Template, parameter: Parameter, order: int = 0) -> ActionTemplateParameter:
    """A parameter of a kind of action as the wire has it."""
    return ActionTemplateParameter(
        id=template.parameter_id(parameter.name),
        name=parameter.name,
        display_name=parameter.shown,
        sort_order=order,
        required=parameter.required,
        type=ActionParameterType.STRING,
        multiline=parameter.many_lines,
        default_value=parameter.default,
        value_set=list(parameter.choices) or None,
        limit_to_value_set=bool(parameter.choices),
        action_template_id=template.id,
    )
