"""Actions: the steps of activities, and the kinds there are."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from locum.api.wire.base import NEVER, Document, In, Name, Out, Time, later
from locum.kit.ids import NIL


class ActionClassification(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionClassification"

    PRE_SESSION = 0
    SESSION = 1
    POST_SESSION = 2
    INTERNAL = 3
    ANY = 4


class ActionParameterType(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionParameterType"

    POWER_SHELL = 0
    INTEGER = 1
    DATE_TIME = 2
    CREDENTIAL = 3
    SECURE_STRING = 4
    STRING = 5
    KEY_VALUE = 6
    GUID = 7
    HOST_ID = 8
    USER_ID = 9
    MANAGED_RESOURCE_ID = 10
    MANAGED_ACCOUNT_ID = 11
    USER_CREDENTIAL = 12
    DOMAIN_ID = 13
    SESSION_ID = 14
    DOMAIN_CREDENTIAL = 15
    DOMAIN_CONFIGURATION_ID = 16
    BOOLEAN = 17
    REPORT_ID = 18


class ActionTemplateParameter(Out):
    __contract__ = "SbPAM.Models.ActionTemplateParameter"

    id: UUID = NIL
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    sort_order: int = 0
    required: bool = False
    type: ActionParameterType = ActionParameterType.STRING
    multiline: bool = False
    default_value: str | None = None
    should_serialize_value_set: bool = msgspec.field(default=False, name="shouldSerialize_ValueSet")
    value_set_text: str | None = msgspec.field(default=None, name="_ValueSet")
    value_set: list[str] | None = None
    limit_to_value_set: bool = False
    helper_text: str | None = None
    action_template_id: UUID | None = None
    action_pack_id: UUID | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ActionTemplate(Out):
    __contract__ = "SbPAM.Models.ActionTemplate"

    created_by: UUID | None = None
    last_modified_by: UUID | None = None
    id: UUID = NIL
    display_name: str | None = None
    description: str | None = None
    new_action_display_name: str | None = None
    icon: str | None = None
    definition: str | None = None
    user_defined: bool = False
    action_template_parameter: list[ActionTemplateParameter] | None = None
    action: Annotated[None, later("SbPAM.Models.Action", many=True)] = None
    action_template_demand: Annotated[None, later("SbPAM.Models.ActionTemplateDemand", many=True)] = None
    action_pack_id: UUID | None = None
    action_pack: Annotated[None, later("SbPAM.Models.ActionPack")] = None
    classification: ActionClassification = ActionClassification.PRE_SESSION
    paired_action_template_id: UUID | None = None
    paired_action_template: Annotated[None, later("SbPAM.Models.ActionTemplate")] = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ActionParameter(Out):
    __contract__ = "SbPAM.Models.ActionParameter"

    id: UUID = NIL
    value: str | None = None
    action_template_parameter_id: UUID = NIL
    action_template_parameter: ActionTemplateParameter | None = None
    action_id: UUID = NIL
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class Action(Out):
    __contract__ = "SbPAM.Models.Action"

    id: UUID = NIL
    action_template_id: UUID = NIL
    action_template: ActionTemplate | None = None
    action_group_id: UUID = NIL
    action_group: Annotated[None, later("SbPAM.Models.ActionGroup")] = None
    action_parameter: list[ActionParameter] | None = None
    continue_on_fail: bool = False
    execution_order: int = 0
    execution_path: str | None = None
    timeout: int | None = None
    display_name: str | None = None
    action_queue_action: Annotated[None, later("SbPAM.Models.ActionQueueAction", many=True)] = None
    created_by: UUID | None = None
    created_date_time_utc: Time = NEVER
    last_modified_by: UUID | None = None
    modified_date_time_utc: Time = NEVER
    node_id: UUID = NIL
    classification: ActionClassification = ActionClassification.PRE_SESSION
    paired_action_id: UUID | None = None
    paired_action: Annotated[None, later("SbPAM.Models.Action")] = None
    is_deleted: bool = False
    is_default: bool = False
    is_user_modified: bool = False


class ActionParameterIn(In):
    """By the id of the template's parameter."""

    __contract__ = "SbPAM.Models.ActionParameter"

    action_template_parameter_id: UUID
    value: Document | None = None


class ActionIn(In):
    """`executionOrder` sorts those of one list; where it is absent, the list's own order counts."""

    __contract__ = "SbPAM.Models.Action"

    action_template_id: UUID
    action_parameter: Annotated[list[ActionParameterIn], Meta(max_length=20)] | None = None
    continue_on_fail: bool = False
    execution_order: int = 0
    timeout: int | None = None
    display_name: Name | None = None
